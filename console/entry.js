/* SPDX-License-Identifier: Apache-2.0 */
/* One request: what came, what it was answered, what it changed, and what to do. */
import {get} from './api.js';
import {a, copy, facts, h, json, notice, page, section, table} from './dom.js';
import {result} from './log.js';
import {base} from './setup.js';
import {link} from './state.js';
import {count, number, since, when} from './time.js';

/* For a shell: what has control characters in it shows them. */
const quoted = (text) => /[\x00-\x1f\x7f]/.test(text)
  ? `$'${text.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
  : `'${text.replaceAll('\'', '\'\\\'\'')}'`;

export function curl(e) {
  const path = e.path.replace(/^\/*(scim\/v2)?(?=[/?]|$)/i, '');
  const parts = [`curl -X ${/^[A-Z]+$/.test(e.method) ? e.method : quoted(e.method)}`, '-H "Authorization: Bearer $TOKEN"'];
  if (e.body !== undefined)
    parts.push('-H \'Content-Type: application/scim+json\'', `--data-raw ${quoted(typeof e.body === 'string' ? e.body : JSON.stringify(e.body))}`);
  return [...parts, quoted(base + path)].join(' \\\n  ');
}

const plain = (v) => v === undefined || v === null ? h('span.soft', 'nothing') : typeof v === 'string' ? v : h('code', JSON.stringify(v));
const people = (ids) => ids.slice(0, 50).map((id) => [h('div', a(link('user', {id}), h('code', id)))]);

function change(event) {
  const rows = [...event.changes ?? [], ...event.role ? [{path: 'type', old: event.role.old, new: event.role.new}] : []];
  const {added = [], removed = []} = event.members ?? {};
  return [
    h('h3', event.type, ' ', h('span.soft', `event ${number(event.seq)}`)),
    rows.length > 0 && table('What was and what is', [
      ['Attribute', (c) => h('code', c.path)], ['Before', (c) => plain(c.old)], ['After', (c) => plain(c.new)]], rows),
    added.length > 0 && h('details', h('summary', `${count(added.length, 'member')} added`), people(added)),
    removed.length > 0 && h('details', h('summary', `${count(removed.length, 'member')} removed`), people(removed)),
    event.revoke_sessions && h('p', 'The application is told to end this user’s sessions.'),
  ];
}

export async function entry(query) {
  const e = await get(['log', query.get('seq') ?? '']);
  const events = e.events ?? [];
  const view = e.resource?.type === 'Group' ? 'team' : 'user';
  const command = e.method && e.path ? curl(e) : null;
  return page(e.sentence,
    h('p', result(e), ' ', e.code && a(link('errors', {code: e.code}), h('code', e.code))),
    e.remedy && notice('warn', h('h2', 'What to do'), h('p', e.remedy)),
    facts([
      ['Time', e.times > 1 ? [when(e.first), ' to ', when(e.last), `, ${number(e.times)} times`] : since(e.time)],
      ['From', e.client],
      e.method && ['Request', h('code', `${e.method} ${e.path}`)],
      e.status && ['Answer', `HTTP ${e.status}`, e.microseconds !== undefined && ` in ${number(e.microseconds / 1000)} ms`],
      e.resource?.id && ['About', a(link(view, {id: e.resource.id}), h('bdi', e.resource.name ?? e.resource.id))],
      e.token && ['Token', h('code', e.token)],
      e.request && ['Request id', h('code', e.request), ' ', copy(e.request, 'the request id')],
      ['Entry', number(e.seq)],
    ]),
    e.body !== undefined && section('What was sent', e.bodyBytes !== undefined && h('p.soft', `The beginning of ${number(e.bodyBytes)} bytes.`),
      json(e.body, 'Body of the request')),
    e.answer !== undefined && section('What it was answered', json(e.answer, 'Answer')),
    section('What it changed', events.length === 0 ? h('p.empty', e.failed ? 'Nothing: a refused request changes nothing.' : 'Nothing, or the events are no longer kept.')
      : events.map(change), e.eventsCut && h('p.soft', `There are more, up to event ${number(e.lastEvent)}.`),
    events.length > 0 && h('details', h('summary', 'The events as the application reads them'), json(events, 'Events'))),
    command && section('Send it again', h('p', 'With a token of yours in $TOKEN; secrets were left out and have to be put in again. ', copy(command, 'the curl command', 'Copy as curl')),
      json(command, 'curl command')),
    h('p', a(link('log', {before: e.seq + 1}), 'The log from here on'), ' · ', a(link('log'), '« Sync log')));
}
