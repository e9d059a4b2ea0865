/* SPDX-License-Identifier: Apache-2.0 */
/* Users: the list; one of them, with where everything comes from; those who were deleted. */
import {gather, get, pages, post, remove} from './api.js';
import {ask} from './dialog.js';
import {act, badge, button, code, facts, field, h, json, p, page, section, strong, table, to, value} from './dom.js';
import {GO_ON, chosen, exporter, filters, pager, place, words} from './list.js';
import {rows} from './log.js';
import {state} from './state.js';
import {day, since, when} from './time.js';

export const activity = u => badge(u.active ? 'good' : 'idle', u.active ? 'Active' : 'Inactive');
const userLink = u => to('user', {id: u.id}, u.userName);

export async function users() {
	const query = chosen('q', 'active', 'type');
	const [{found, next}, {roles}] = await Promise.all([gather(['users'], 'users', query, place()), get(['roles'])]);
	const names = Object.fromEntries(roles.map(r => [r.id, r.name]));
	const all = Object.values(query).join('') === '' && !state.query.has('after');
	return page('Users',
		filters('users', words('Name or address'),
			field('State', 'active', {value: query.active, id: 'active', options: [['', 'all'], ['true', 'active'], ['false', 'inactive']]}),
			field('Type', 'type', {value: query.type, id: 'type', options: [['', 'all'], ...roles.map(r => [r.id, r.name])]})),
		table('Users', [
			['User name', userLink], ['Name', u => u.displayName ?? '–'], ['E-mail', u => u.email === u.userName ? 'the same' : u.email ?? 'none'],
			['Type', u => names[u.role] ?? u.role], ['State', activity], ['Changed', u => when(u.modified)],
		], found, all ? ['Nobody is here yet. People come when they are assigned in the identity provider: ', to('setup', 'set it up'), '.']
			: next === null ? 'Nobody is like that.' : GO_ON),
		pager('users', query, next),
		exporter('users', ['id', 'userName', 'displayName', 'email', 'role', 'active', 'created', 'modified'], () => pages(['users'], 'users', query)),
		p(to('deleted', 'Deleted users'), ' · ', to('mismatches', 'Users whose userName and e-mail address differ')));
}

function told(v) {
	if (Array.isArray(v))
		return v.length === 1 ? told(v[0]) : h('ul', v.map(one => h('li', [told(one)])));
	if (v !== null && typeof v === 'object')
		return Object.entries(v).map(([key, one]) => h('div', h('span.soft', `${key}: `), [told(one)]));
	return String(v);
}

/* Attribute by attribute; those of an extension by themselves. */
const flat = resource => Object.entries(resource).flatMap(([key, v]) =>
	key.startsWith('urn:') && v !== null && typeof v === 'object' ? Object.entries(v).map(([sub, one]) => [`${key}:${sub}`, one]) : [[key, v]]);

/* The newest entry of the log that set the attribute. */
function origin(attribute, id, entries) {
	const sets = ({path}) => `${path}.`.startsWith(`${attribute}.`) || path.startsWith(`${attribute}[`) || attribute.startsWith(`${path}:`);
	const entry = entries.find(e => e.events?.some(event =>
		event.resource?.id === id && (event.type === 'user.created' || event.changes?.some(sets))));
	return ['id', 'meta', 'schemas'].includes(attribute) ? 'this server'
		: entry ? to('entry', {seq: entry.seq}, `${entry.client}, `, when(entry.time)) : h('span.soft', 'older, or not by an identity provider');
}

const protect = (u, on) => ask({
	title: `${on ? 'Protect' : 'Unprotect'} ${u.userName}?`, action: on ? 'Protect' : 'Unprotect', said: on ? 'The user is protected.' : 'The protection has ended.',
	parts: p(on ? 'Identity providers can then neither demote, deactivate nor delete this person: they are refused with USER_PROTECTED.'
		: 'Identity providers can then demote, deactivate and delete this person again.'),
	run: () => post(['users', u.id, on ? 'protect' : 'unprotect']),
});

export async function user(query) {
	const u = await get(['users', query.get('id') ?? '']);
	const {found: entries} = await gather(['log'], 'entries', {user: u.id}, {before: 0}, 100, 3);
	const {type, teams = []} = u;
	return page(u.userName,
		p(activity(u), ' ', type.protected && badge('good', 'Protected')),
		facts(['Name', u.displayName ?? '–'], ['E-mail address for logins', u.email ?? 'none'],
			['Type', strong(type.name), `: ${type.why}`], ['Id', value(u.id, 'the id')], ['Created', since(u.created)], ['Changed', since(u.modified)]),
		p(button(type.protected ? 'Unprotect…' : 'Protect…', () => protect(u, !type.protected))),
		section('Teams', teams.length === 0 ? h('p.empty', 'In no team.')
			: h('ul', teams.map(t => h('li', to('team', {id: t.id}, t.displayName ?? t.id))))),
		section('Attributes', table('Attributes and where they come from', [
			['Attribute', ([key]) => code(key)], ['Value', ([, v]) => told(v)], ['Came from', ([key]) => origin(key, u.id, entries)],
		], flat(u.resource)), h('details', h('summary', 'As SCIM shows it'), json(u.resource, 'The user as JSON'))),
		section('History', rows(entries.slice(0, 20), 'Requests about this user', 'The kept log has nothing about this user.'),
			p(to('log', {user: u.id}, 'All of it in the sync log'))));
}

const restore = u => ask({
	title: `Restore ${u.userName}?`, action: 'Restore', said: 'The person is restored.',
	parts: p('This brings 1 person back under the same id, with the type and the teams of then, and into a seat where an active one takes it.'),
	run: () => post(['deleted-users', u.id, 'restore']),
});

const purge = u => ask({
	title: `Delete ${u.userName} for ever?`, action: 'Delete for ever', danger: true, said: 'The person is deleted for ever.',
	parts: p(strong('This deletes what is kept of 1 person.'), ' It could be restored until ', day(u.expires), '.'),
	run: () => remove(['deleted-users', u.id]),
});

const back = () => p(to('users', '« Users'));

export async function deleted() {
	const {found, next} = await gather(['deleted-users'], 'users', {}, place());
	return page('Deleted users', p('SCIM does not see them, and they take no seat. Until they expire they can be restored.'),
		table('Deleted users', [
			['User name', u => u.userName], ['Deleted', u => when(u.deleted)], ['Kept until', u => day(u.expires)],
			['Actions', u => [act('Restore', u.userName, () => restore(u)), ' ', act('Delete for ever', u.userName, () => purge(u), true)]],
		], found, 'Nobody who was deleted is kept.'), pager('deleted', {}, next), back());
}

export async function mismatches() {
	const {found, next} = await gather(['sso', 'mismatches'], 'users', {}, place());
	return page('Login mismatches',
		p('Logins by single sign-on use the e-mail address: these users may be unable to sign in. Map userName and the address to the same value in the identity provider.'),
		table('Users whose userName and e-mail address differ', [['User name', userLink], ['E-mail', u => u.email ?? 'none']],
			found, 'Nobody: every userName is the e-mail address.'), pager('mismatches', {}, next), back());
}
