/* SPDX-License-Identifier: Apache-2.0 */
/* For the operator's staff: all accounts, those in trouble first; and finding a person in any of them. */
import {gather, get, post} from './api.js';
import {ask} from './dialog.js';
import {button, field, h, p, page, table, to} from './dom.js';
import {chosen, filters, pager, place, words} from './list.js';
import {meter, seatWords, stateBadge} from './overview.js';
import {link, state} from './state.js';
import {ago, number} from './time.js';
import {activity} from './users.js';

async function create() {
	let slug;
	const done = await ask({
		title: 'New account', action: 'Make it',
		parts: [
			field('Short name', 'slug', {required: true, pattern: '[a-z][a-z0-9\\-]{0,39}',
				hint: 'Lower-case letters, digits and hyphens. It stays.'}), field('Name', 'name'),
			field('Rules', 'preset', {options: [['workspace', 'workspace: as a product for teams wants them'], ['rfc', 'rfc: what SCIM says and no more']]}),
		],
		run(data) {
			slug = data.get('slug');
			return post(['accounts'], {slug, name: data.get('name').trim() || undefined, policy: {preset: data.get('preset')}});
		},
	});
	if (done)
		state.go(link('setup', {account: slug}));
}

const accountLink = it => to('overview', {account: it.slug}, it.name);

export async function accounts() {
	const query = chosen('q');
	const {found, next} = await gather(['overviews'], 'accounts', query, place());
	return page('Accounts', p(button('New account…', create, {class: 'main'})),
		filters('accounts', words('Name')),
		table('Accounts, trouble first', [
			['Account', x => [accountLink(x), h('div.soft', x.slug)]],
			['State', x => [stateBadge(x.status === 'suspended' ? 'suspended' : x.state), h('div', x.words)]],
			['Last request', x => [ago(x.lastRequest), h('div.soft', x.client)]],
			['Active users', x => `${number(x.active)} of ${number(x.users)}`, 'n'],
			['Seats', x => x.seats && [seatWords(x.seats), meter(x.seats.used, x.seats.limit, `Seats of ${x.name}`)]],
			['Refused in 24 h', x => x.refused24h > 0 ? to('log', {account: x.slug, failed: true}, number(x.refused24h)) : '0', 'n'],
		], found, query.q === '' ? 'There is no account yet. Make one.' : 'No account is called like that.'),
		pager('accounts', query, next));
}

export async function people(query) {
	const email = query.get('email') ?? '';
	const {people: found, next = null} = email ? await get(['people'], {email, ...place()}) : {};
	return page('People', p('Where somebody is: by userName or e-mail address, in all accounts.'),
		filters('people', words('The whole address', 'email')),
		found && table('Found', [
			['User', u => to('user', {account: u.account.slug, id: u.id}, u.userName)], ['E-mail', u => u.email ?? 'none'],
			['Account', u => accountLink(u.account)], ['State', activity],
		], found, 'Nobody has this address: never assigned, or deleted.'), pager('people', {email}, next));
}
