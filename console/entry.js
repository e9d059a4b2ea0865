/* SPDX-License-Identifier: Apache-2.0 */
/* One request: what came, what it was answered, what it changed, and what to do. */
import {get} from './api.js';
import {a, code, codeLink, copy, facts, h, json, name, notice, p, page, section, table, value} from './dom.js';
import {result, span} from './log.js';
import {base} from './setup.js';
import {link} from './state.js';
import {count, number, since} from './time.js';

/* A word for a shell: control characters are written out. */
const quoted = (text) => /[\x00-\x1f\x7f]/.test(text)
	? `$'${text.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
	: `'${text.replaceAll('\'', '\'\\\'\'')}'`;

function curl({method, path, body}) {
	const parts = [`curl -X ${quoted(method)} ${quoted(base + path.replace(/^\/*(scim\/v2)?/i, ''))}`, '-H "Authorization: Bearer $TOKEN"'];
	if (body !== undefined)
		parts.push('-H \'Content-Type: application/scim+json\'', `--data-raw ${quoted(typeof body === 'string' ? body : JSON.stringify(body))}`);
	return parts.join(' \\\n  ');
}

const plain = (v) => v === undefined || v === null ? h('span.soft', 'nothing') : typeof v === 'string' ? name(v) : code(JSON.stringify(v));
const people = (ids, what) => ids.length > 0 && h('details', {open: ids.length < 10}, h('summary', `${count(ids.length, 'member')} ${what}`),
	h('ul', ids.slice(0, 200).map((id) => h('li', a(link('user', {id}), code(id))))), ids.length > 200 && p('…'));

function change({seq, type, changes = [], role, members, revoke_sessions: ends}) {
	const rows = role ? [...changes, {path: 'type', ...role}] : changes;
	return [
		h('h3', type, ' ', h('span.soft', `event ${number(seq)}`)),
		rows.length > 0 && table('What was and what is', [
			['Attribute', (c) => code(c.path)], ['Before', (c) => plain(c.old)], ['After', (c) => plain(c.new)]], rows),
		members && [people(members.added, 'added'), people(members.removed, 'removed')],
		ends && p('The application is told to end this user’s sessions.'),
	];
}

export async function entry(query) {
	const e = await get(['log', query.get('seq') ?? '']);
	const {events = [], resource} = e;
	const command = e.method && e.path && curl(e);
	return page(e.sentence,
		p(result(e), ' ', e.code && codeLink(e.code)),
		e.remedy && notice('warn', h('h2', 'What to do'), p(e.remedy)),
		facts(['Time', e.times > 1 ? [span(e), `, ${number(e.times)} times`] : since(e.time)], ['From', e.client],
			e.method && ['Request', code(`${e.method} ${e.path}`)],
			e.status && ['Answer', `HTTP ${e.status} in ${number(e.microseconds / 1000)} ms`],
			resource?.id && ['About', a(link(resource.type === 'Group' ? 'team' : 'user', {id: resource.id}), name(resource.name ?? resource.id))],
			['Token', code(e.token)], e.request && ['Request id', value(e.request, 'the request id')], ['Entry', number(e.seq)]),
		e.body !== undefined && section('What was sent', e.bodyBytes && h('p.soft', `Of ${number(e.bodyBytes)} bytes.`), json(e.body, 'Body of the request')),
		e.answer && section('What it was answered', json(e.answer, 'Answer')),
		section('What it changed', events.length > 0 ? events.map(change)
			: h('p.empty', e.failed ? 'Nothing: what is refused changes nothing.' : 'Nothing that is still kept.'),
		e.eventsCut && p(`There are more, up to event ${number(e.lastEvent)}.`),
		events.length > 0 && h('details', h('summary', 'As the application reads it'), json(events, 'Events'))),
		command && section('Send it again', p('With a token in $TOKEN; secrets are left out. ', copy(command, 'the curl command', 'Copy as curl')), json(command, 'curl command')),
		p(a(link('log', {before: e.seq + 1}), 'The log from here on'), ' · ', a(link('log'), '« Sync log')));
}
