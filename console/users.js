/* SPDX-License-Identifier: Apache-2.0 */
/* Users: the list; one of them, with where everything comes from; those who were deleted. */
import {gather, get, pages, post, remove} from './api.js';
import {ask} from './dialog.js';
import {a, badge, button, copy, facts, field, h, json, notice, page, say, section, table} from './dom.js';
import {chosen, exporter, filters, pager} from './list.js';
import {rows as logRows} from './log.js';
import {link, state} from './state.js';
import {count, day, since, when} from './time.js';

export const activity = (u) => badge(u.active ? 'good' : 'idle', u.active ? 'Active' : 'Inactive');
export const userLink = (u) => a(link('user', {id: u.id}), h('bdi', u.userName ?? u.displayName ?? u.id));

const more = () => h('p', a(link('deleted'), 'Deleted users'), ' · ', a(link('mismatches'), 'Users whose userName and e-mail address differ'));

export async function users() {
  const query = chosen('q', 'active', 'type');
  const [{found, next}, {roles}] = await Promise.all([
    gather(['users'], {...query, after: state.query.get('after') ?? ''}, 'users'), get(['roles'])]);
  const names = Object.fromEntries(roles.map((r) => [r.id, r.name]));
  const filtered = Object.values(query).some((v) => v !== '');
  return page('Users',
    filters('users', field('Name or address', 'q', {value: query.q, type: 'search', id: 'q'}),
      field('State', 'active', {value: query.active, id: 'active', options: [['', 'all'], ['true', 'active'], ['false', 'inactive']]}),
      field('Type', 'type', {value: query.type, id: 'type', options: [['', 'all'], ...roles.map((r) => [r.id, r.name])]})),
    table('Users', [
      ['User name', userLink],
      ['Name', (u) => h('bdi', u.displayName ?? '–')],
      ['E-mail', (u) => u.email === u.userName ? 'the same' : u.email ?? 'none'],
      ['Type', (u) => names[u.role] ?? u.role],
      ['State', activity],
      ['Changed', (u) => when(u.modified)],
    ], found, filtered || state.query.has('after') ? next === null ? 'Nobody is like that.' : 'Nobody so far: go on with the next page.'
      : ['Nobody is here yet. People arrive when they are assigned in the identity provider: ', a(link('setup'), 'set it up'), '.']),
    pager('users', query, next),
    exporter('users', ['id', 'userName', 'displayName', 'email', 'role', 'active', 'created', 'modified'], () => pages(['users'], query, 'users')),
    more());
}

/* --- one user --- */

function told(value) {
  if (Array.isArray(value))
    return value.length === 1 ? told(value[0]) : h('ul', value.map((v) => h('li', [told(v)])));
  if (value !== null && typeof value === 'object')
    return Object.entries(value).map(([k, v]) => h('div', h('span.soft', `${k}: `), [told(v)]));
  return String(value);
}

/* Attribute by attribute; those of an extension by themselves. */
const flat = (resource) => Object.entries(resource).flatMap(([key, value]) =>
  key.startsWith('urn:') && value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value).map(([k, v]) => [`${key}:${k}`, v]) : [[key, value]]);

const OWN = new Set(['id', 'meta', 'schemas']);

/* The newest entry of the log that set the attribute. */
function origin(name, id, entries) {
  if (OWN.has(name))
    return 'Roster';
  for (const entry of entries)
    for (const event of entry.events ?? [])
      if (event.resource?.id === id && (event.type === 'user.created' || event.changes?.some(({path}) =>
        path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`) || name.startsWith(`${path}:`))))
        return [a(link('entry', {seq: entry.seq}), `${entry.client}, `, when(entry.time))];
  return h('span.soft', 'not in the kept log: before it, or by the operator');
}

async function protect(user, on) {
  const done = await ask({
    title: on ? `Protect ${user.userName}?` : `End the protection of ${user.userName}?`, action: on ? 'Protect' : 'End it',
    parts: h('p', on ? 'Identity providers can then neither demote, deactivate nor delete this user: they are refused with USER_PROTECTED.'
      : 'Identity providers can then demote, deactivate and delete this user again.'),
    run: () => post(['users', user.id, on ? 'protect' : 'unprotect']),
  });
  if (done) {
    say(on ? 'The user is protected.' : 'The protection has ended.');
    state.refresh();
  }
}

export async function user(query) {
  const u = await get(['users', query.get('id') ?? '']);
  const log = await gather(['log'], {user: u.id, before: 0}, 'entries', 100, 3);
  const entries = log.page.next === undefined ? log.found.reverse() : log.found;
  const type = u.type ?? {};
  return page(u.userName,
    h('p', activity(u), ' ', type.protected && badge('good', 'Protected')),
    facts([
      ['Name', h('bdi', u.displayName ?? '–')],
      ['E-mail address for logins', u.email ?? 'none'],
      ['Type', type.name ?? u.role, ' ', h('span.soft', `– ${type.why ?? ''}`)],
      ['Id', h('code', u.id), ' ', copy(u.id, 'the id')],
      ['Created', since(u.created)], ['Changed', since(u.modified)],
    ]),
    h('p', button(type.protected ? 'End the protection' : 'Protect', () => protect(u, !type.protected), {id: 'protect', class: 'plain'})),
    section('Teams', (u.teams ?? []).length === 0 ? h('p.empty', 'In no team.')
      : h('ul', u.teams.map((t) => h('li', a(link('team', {id: t.id}), h('bdi', t.displayName ?? t.id)))))),
    section('Attributes', table('Attributes and where they come from', [
      ['Attribute', ([name]) => h('code', name)],
      ['Value', ([, value]) => told(value)],
      ['Came from', ([name]) => origin(name, u.id, entries)],
    ], flat(u.resource ?? {})), h('details', h('summary', 'As SCIM shows it'), json(u.resource, 'The user as JSON'))),
    section('History', logRows(entries.slice(0, 20), 'Requests about this user', 'The kept log has nothing about this user.'),
      h('p', a(link('log', {user: u.id}), 'All of it in the sync log'))));
}

/* --- deleted users --- */

async function restore(u) {
  const done = await ask({
    title: `Restore ${u.userName}?`, action: 'Restore',
    parts: h('p', 'The person comes back under the same id, with the type and the teams of then; an active one takes a seat again, as the type says.'),
    run: () => post(['deleted-users', u.id, 'restore']),
  });
  if (done)
    state.go(link('user', {id: u.id}));
}

async function purge(u) {
  const done = await ask({
    title: `Delete ${u.userName} for ever?`, action: 'Delete for ever', danger: true,
    parts: h('p', h('strong', 'This deletes what is kept of 1 person.'), ` Otherwise it could be restored until ${day(u.expires).textContent}. Nobody can bring it back.`),
    run: () => remove(['deleted-users', u.id]),
  });
  if (done) {
    say('The person is deleted for ever.');
    state.refresh();
  }
}

export async function deleted() {
  const {found, next} = await gather(['deleted-users'], {after: state.query.get('after') ?? ''}, 'users');
  return page('Deleted users',
    h('p', 'They are invisible to SCIM, and take no seat; until they expire they can be restored.'),
    table('Deleted users', [
      ['User name', (u) => h('bdi', u.userName)],
      ['Deleted', (u) => when(u.deleted)],
      ['Kept until', (u) => day(u.expires)],
      ['Actions', (u) => [button('Restore', () => restore(u), {class: 'plain', id: `r-${u.id}`, 'aria-label': `Restore ${u.userName}`}), ' ',
        button('Delete for ever', () => purge(u), {class: 'danger plain', id: `p-${u.id}`, 'aria-label': `Delete for ever ${u.userName}`})]],
    ], found, 'Nobody who was deleted is kept.'),
    pager('deleted', {}, next), h('p', a(link('users'), '« Users')));
}

/* --- single sign-on --- */

export async function mismatches() {
  const {found, next} = await gather(['sso', 'mismatches'], {after: state.query.get('after') ?? ''}, 'users');
  return page('Login mismatches',
    h('p', 'Logins by single sign-on use the e-mail address; of these users it is not the userName. Map both to the same value in the identity provider.'),
    table('Users whose userName and e-mail address differ', [
      ['User name', userLink], ['E-mail', (u) => u.email ?? 'none'],
    ], found, 'Nobody: every userName is the e-mail address.'),
    found.length > 0 && notice('warn', h('p', `${count(found.length, 'user')} on this page may be unable to sign in.`)),
    pager('mismatches', {}, next), h('p', a(link('users'), '« Users')));
}
