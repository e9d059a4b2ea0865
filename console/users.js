/* SPDX-License-Identifier: Apache-2.0 */
/* Users: the list; one of them, with where everything comes from; those who were deleted. */
import {gather, get, pages, post, remove} from './api.js';
import {ask} from './dialog.js';
import {a, act, badge, button, code, facts, field, h, json, name, p, page, section, strong, table, value} from './dom.js';
import {chosen, exporter, filters, pager, place} from './list.js';
import {rows} from './log.js';
import {link, state} from './state.js';
import {day, dayText, since, when} from './time.js';

export const activity = (u) => badge(u.active ? 'good' : 'idle', u.active ? 'Active' : 'Inactive');
const userLink = (u) => a(link('user', {id: u.id}), name(u.userName));

export async function users() {
	const query = chosen('q', 'active', 'type');
	const [{found, next}, {roles}] = await Promise.all([gather(['users'], 'users', query, place()), get(['roles'])]);
	const names = Object.fromEntries(roles.map((r) => [r.id, r.name]));
	const all = Object.values(query).join('') === '' && !state.query.has('after');
	return page('Users',
		filters('users', field('Name or address', 'q', {value: query.q, type: 'search', id: 'q'}),
			field('State', 'active', {value: query.active, id: 'active', options: [['', 'all'], ['true', 'active'], ['false', 'inactive']]}),
			field('Type', 'type', {value: query.type, id: 'type', options: [['', 'all'], ...roles.map((r) => [r.id, r.name])]})),
		table('Users', [
			['User name', userLink], ['Name', (u) => u.displayName === null ? '–' : name(u.displayName)],
			['E-mail', (u) => u.email === u.userName ? 'the same' : u.email ?? 'none'],
			['Type', (u) => name(names[u.role] ?? u.role)], ['State', activity], ['Changed', (u) => when(u.modified)],
		], found, all ? ['Nobody is here yet. People arrive when they are assigned in the identity provider: ', a(link('setup'), 'set it up'), '.']
			: next === null ? 'Nobody is like that.' : 'Nobody so far: go on with the next page.'),
		pager('users', query, next),
		exporter('users', ['id', 'userName', 'displayName', 'email', 'role', 'active', 'created', 'modified'], () => pages(['users'], 'users', query)),
		p(a(link('deleted'), 'Deleted users'), ' · ', a(link('mismatches'), 'Users whose userName and e-mail address differ')));
}

/* --- one user --- */

function told(v) {
	if (Array.isArray(v))
		return v.length === 1 ? told(v[0]) : h('ul', v.map((one) => h('li', [told(one)])));
	if (v !== null && typeof v === 'object')
		return Object.entries(v).map(([key, one]) => h('div', h('span.soft', `${key}: `), [told(one)]));
	return name(String(v));
}

/* Attribute by attribute; those of an extension by themselves. */
const flat = (resource) => Object.entries(resource).flatMap(([key, v]) =>
	key.startsWith('urn:') && v !== null && typeof v === 'object' ? Object.entries(v).map(([sub, one]) => [`${key}:${sub}`, one]) : [[key, v]]);

/* The newest entry of the log that set the attribute. */
function origin(attribute, id, entries) {
	const sets = ({path}) => path === attribute || path.startsWith(`${attribute}.`) || path.startsWith(`${attribute}[`) || attribute.startsWith(`${path}:`);
	const entry = entries.find((e) => e.events?.some((event) =>
		event.resource?.id === id && (event.type === 'user.created' || event.changes?.some(sets))));
	return ['id', 'meta', 'schemas'].includes(attribute) ? 'this server'
		: entry ? a(link('entry', {seq: entry.seq}), `${entry.client}, `, when(entry.time)) : h('span.soft', 'older than the log, or the operator');
}

const protect = (u, on) => ask({
	title: on ? `Protect ${u.userName}?` : `End the protection of ${u.userName}?`, action: on ? 'Protect' : 'End it',
	said: on ? 'The user is protected.' : 'The protection has ended.',
	parts: p(on ? 'Identity providers can then neither demote, deactivate nor delete this 1 person: they are refused with USER_PROTECTED.'
		: 'Identity providers can then demote, deactivate and delete this 1 person again.'),
	run: () => post(['users', u.id, on ? 'protect' : 'unprotect']),
});

export async function user(query) {
	const u = await get(['users', query.get('id') ?? '']);
	const {found: entries} = await gather(['log'], 'entries', {user: u.id}, {before: 0}, 100, 3);
	const {type, teams = []} = u;
	return page(u.userName,
		p(activity(u), ' ', type.protected && badge('good', 'Protected')),
		facts(['Name', name(u.displayName ?? '–')], ['E-mail address for logins', u.email ?? 'none'],
			['Type', strong(name(type.name)), `: ${type.why}`], ['Id', value(u.id, 'the id')], ['Created', since(u.created)], ['Changed', since(u.modified)]),
		p(button(type.protected ? 'End the protection…' : 'Protect…', () => protect(u, !type.protected), {id: 'protect'})),
		section('Teams', teams.length === 0 ? h('p.empty', 'In no team.')
			: h('ul', teams.map((t) => h('li', a(link('team', {id: t.id}), name(t.displayName ?? t.id)))))),
		section('Attributes', table('Attributes and where they come from', [
			['Attribute', ([key]) => code(key)], ['Value', ([, v]) => told(v)], ['Came from', ([key]) => origin(key, u.id, entries)],
		], flat(u.resource)), h('details', h('summary', 'As SCIM shows it'), json(u.resource, 'The user as JSON'))),
		section('History', rows(entries.slice(0, 20), 'Requests about this user', 'The kept log has nothing about this user.'),
			p(a(link('log', {user: u.id}), 'All of it in the sync log'))));
}

/* --- deleted users --- */

const restore = (u) => ask({
	title: `Restore ${u.userName}?`, action: 'Restore', said: 'The person is restored.',
	parts: p('This brings 1 person back under the same id, with the type and the teams of then; if active, with a seat where the type takes one.'),
	run: () => post(['deleted-users', u.id, 'restore']),
});

const purge = (u) => ask({
	title: `Delete ${u.userName} for ever?`, action: 'Delete for ever', danger: true, said: 'The person is deleted for ever.',
	parts: p(strong('This deletes what is kept of 1 person.'), ` It could be restored until ${dayText(u.expires)}; afterwards nobody can bring it back.`),
	run: () => remove(['deleted-users', u.id]),
});

const back = () => p(a(link('users'), '« Users'));

export async function deleted() {
	const {found, next} = await gather(['deleted-users'], 'users', {}, place());
	return page('Deleted users', p('SCIM does not see them, and they take no seat. Until they expire they can be restored.'),
		table('Deleted users', [
			['User name', (u) => name(u.userName)], ['Deleted', (u) => when(u.deleted)], ['Kept until', (u) => day(u.expires)],
			['Actions', (u) => [act('Restore', u.userName, `r-${u.id}`, () => restore(u)), ' ', act('Delete for ever', u.userName, `d-${u.id}`, () => purge(u), true)]],
		], found, 'Nobody who was deleted is kept.'), pager('deleted', {}, next), back());
}

/* --- single sign-on --- */

export async function mismatches() {
	const {found, next} = await gather(['sso', 'mismatches'], 'users', {}, place());
	return page('Login mismatches',
		p('Logins by single sign-on use the e-mail address, which is not the userName of these users: they may be unable to sign in. Map both to the same value in the identity provider.'),
		table('Users whose userName and e-mail address differ', [['User name', userLink], ['E-mail', (u) => u.email ?? 'none']],
			found, 'Nobody: every userName is the e-mail address.'), pager('mismatches', {}, next), back());
}
