/* SPDX-License-Identifier: Apache-2.0 */
/* Teams, who is in them and who put them there; and the membership of before a replacement. */
import {all, gather, pages, post} from './api.js';
import {ask} from './dialog.js';
import {button, facts, h, notice, p, page, section, strong, table, to, value} from './dom.js';
import {chosen, exporter, filters, pager, place, words} from './list.js';
import {count, number, since, when} from './time.js';

export async function teams() {
	const query = chosen('q');
	const {found, next} = await gather(['teams'], 'teams', query, place());
	return page('Teams', filters('teams', words('Name')),
		table('Teams', [
			['Team', t => to('team', {id: t.id}, t.displayName)], ['Members', t => number(t.members), 'n'],
			['Created', t => when(t.created)], ['Changed', t => when(t.modified)],
		], found, query.q === '' ? ['There is no team yet. They come when groups are pushed: ', to('setup', 'set it up'), '.'] : 'No team is called like that.'),
		pager('teams', query, next),
		exporter('teams', ['id', 'displayName', 'members', 'created', 'modified'], () => pages(['teams'], 'teams', query)));
}

const persons = n => count(n, 'person', 'people');

const restore = (team, {members, added, removed, time}) => ask({
	title: `Restore the members of ${team.displayName}?`, action: 'Restore', danger: removed > 0, said: 'The former members are restored.',
	parts: [
		p(strong(`This removes ${persons(removed)} from ${team.displayName} and adds ${persons(added)} to it.`)),
		p(`It then has its ${count(members, 'member')} of before `, when(time), '. The identity provider may change that with its next push.'),
	],
	run: () => post(['teams', team.id, 'restore']),
});

const by = {token: 'an identity provider', operator: 'the operator', admin: 'an admin, in the console'};

export async function team(query) {
	const path = ['teams', query.get('id') ?? ''];
	const [{found, next, page: t}, tokens] = await Promise.all([gather(path, 'members', {}, place()), all('tokens')]);
	const names = Object.fromEntries(tokens.map(k => [k.id, k.name]));
	const who = ({added}) => !added ? h('span.soft', 'not known') : names[added.id] ? `token ${names[added.id]}` : by[added.type] ?? added.type;
	return page(t.displayName,
		facts(t.count !== undefined && ['Members', number(t.count)], ['Id', value(t.id, 'the id')], ['Created', since(t.created)], ['Changed', since(t.modified)]),
		t.former && notice('warn', p('A pushed group has replaced this team: its ', count(t.former.members, 'member'), ' of before ',
			when(t.former.time), ' can be restored.'), p(button('Restore the former members…', () => restore(t, t.former)))),
		section('Members', table('Members', [
			['Member', m => to('user', {id: m.id}, m.displayName ?? m.id)], ['Since', m => when(m.since, 'not known')], ['Added by', who],
		], found, 'Nobody is in it.'), pager('team', {id: t.id}, next)),
		p(to('log', {user: t.id}, 'What happened to this team'), ' · ', to('teams', '« Teams')));
}
