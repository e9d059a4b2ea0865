/* SPDX-License-Identifier: Apache-2.0 */
/* The account itself, its end; who may do all this, and what was done. */
import {call, get, patch} from './api.js';
import {ask} from './dialog.js';
import {badge, button, code, codeLink, facts, field, h, json, p, page, say, section, strong, table, value} from './dom.js';
import {pager, place} from './list.js';
import {isStaff, search, state} from './state.js';
import {count, day, distance, number, since, when} from './time.js';

const where = it => isStaff() ? ['accounts', it.slug] : ['account'];
const holds = it => `${count(it.users, 'user')}, ${number(it.active)} of them active, and ${count(it.teams, 'team')}`;
const seen = o => p(o.lastRequest ? `${o.client ?? 'An identity provider'} was here ${distance(o.lastRequest)}.` : 'No identity provider was ever here.');

const rename = it => ask({
	title: 'Rename the account', action: 'Rename', said: 'The account is renamed.', parts: field('Name', 'name', {value: it.name, required: true}),
	run: data => patch(where(it), {name: data.get('name').trim()}),
});

const suspend = (it, o) => ask({
	title: `Suspend ${it.name}?`, action: 'Suspend', danger: true, said: 'The account is suspended.',
	parts: [p(strong(`This stops the provisioning of ${holds(it)}.`), ' Every token is refused with ACCOUNT_SUSPENDED until the operator ends it.'), seen(o)],
	run: () => patch(where(it), {status: 'suspended'}),
});

const resume = it => ask({
	title: `Resume ${it.name}?`, action: 'Resume', said: 'The account is active.', parts: p(`Identity providers may change ${holds(it)} again.`),
	run: () => patch(where(it), {status: 'active'}),
});

async function end(it, o) {
	const done = await ask({
		title: `Remove ${it.name} for ever?`, action: 'Remove for ever', danger: true, type: it.slug,
		parts: [p(strong(`This deletes ${holds(it)}, with all tokens, roles, events, admins and logs.`), ' It cannot be taken back.'), seen(o)],
		async run() { // nobody has access from the first request on; the last has no more to do
			while (await call('DELETE', ['accounts', it.slug], {query: {confirm: it.slug}, own: true}) !== null)
				await new Promise(resolve => setTimeout(resolve, 1100));
		},
	});
	if (done) {
		await state.go(search({view: 'accounts'}));
		say('The account is removed.');
	}
}

export async function settings() {
	const [it, o] = await Promise.all([get(['account']), get(['overview'])]);
	const on = it.status === 'active';
	return page('Account',
		facts(['Name', it.name], ['Short name', code(it.slug)], ['State', badge(on ? 'good' : 'warn', on ? 'Active' : 'Suspended')],
			['Holds', holds(it)], ['Since', since(it.created)]),
		p(button('Rename…', () => rename(it))),
		section('Switching off', p('While it is suspended all tokens are refused. Only the operator ends that.'),
			p(on ? button('Suspend…', () => suspend(it, o), {class: 'danger'}) : isStaff() && button('Resume…', () => resume(it)))),
		isStaff() && section('Removing', p('It deletes everything: export first what is to be kept.'), p(button('Remove for ever…', () => end(it, o), {class: 'danger'}))));
}

const part = (title, v) => v && [p(title), json(v, title)];

export async function audit() {
	const {entries, next} = await get(['audit'], {...place('before'), limit: 50});
	return page('Audit', p('What admins did here, newest first. Nobody can change it.'),
		table('Actions', [
			['Action', e => [code(`${e.method} ${e.path}`), (e.body || e.before) && h('details', h('summary', 'Details'), part('Before', e.before), part('Sent', e.body))]],
			['Result', e => [e.status === null ? badge('warn', 'Not finished') : e.status < 400 ? badge('good', 'Done') : badge('bad', 'Refused'), ' ', e.code && codeLink(e.code)]],
			['Who', e => e.admin?.email ?? '–'], ['From', e => e.address], ['Time', e => when(e.time)],
		], entries, 'Nothing was done yet.'), pager('audit', {}, next, 'before'));
}

export async function admins() {
	const {admins: list} = await get(['console-admins']);
	const who = isStaff() ? state.account || '--operator' : state.session.account.slug;
	return page('Admins', table('Who may sign in', [
		['E-mail', x => [x.email, x.id === state.session.admin.id && ' (you)']], ['State', x => x.invited ? badge('idle', 'Invited') : badge('good', 'Admin')],
		['Since', x => day(x.created)], ['Last signed in', x => when(x.signedIn)],
	], list, 'Nobody.'),
	section('Inviting and removing',
		p('Only the operator does that, on the server. An invitation, a link that is good for three days, gives a new password and a new second factor. Who is removed is signed out at once.'),
		['invite', 'remove'].map(what => p(value(`rosterctl console ${what} ${who} name@example.com`, `the command to ${what} an admin`)))));
}
