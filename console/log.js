/* SPDX-License-Identifier: Apache-2.0 */
/* The sync log; and one request of it: what came, what it was answered, what it changed, what to do. */
import {all, gather, get, pages} from './api.js';
import {badge, code, codeLink, copy, facts, field, h, json, notice, p, page, section, table, to, value} from './dom.js';
import {GO_ON, chosen, exporter, filters, pager, place, words} from './list.js';
import {base} from './setup.js';
import {count, number, since, toLocal, when} from './time.js';

export const result = e => e.failed ? badge('bad', e.status >= 500 ? 'Failed' : 'Refused') : badge('good', 'Done');
const span = e => e.times > 1 ? [when(e.first), ' to ', when(e.last)] : when(e.time);

export const rows = (entries, caption, empty) => table(caption, [
	['What', e => [to('entry', {seq: e.seq}, e.sentence), e.code && [' ', codeLink(e.code)]]],
	['Result', result], ['Time', span],
	['HTTP', e => e.method ? `${e.method} ${e.status}` : '–'],
	['Took', e => e.microseconds === undefined ? '–' : `${number(Math.round(e.microseconds / 100) / 10)} ms`, 'n'],
], entries, empty);

const MORE = ['code', 'method', 'status', 'client', 'token', 'from', 'to'];

export async function log() {
	const query = chosen('q', 'failed', 'user', ...MORE);
	const [{found, next}, tokens] = await Promise.all([gather(['log'], 'entries', query, place('before', 0)), all('tokens')]);
	const text = (label, id, more) => field(label, id, {value: query[id], id, ...more});
	return page('Sync log',
		p('Requests that changed something or were refused, without secrets; those that only read are counted. ', to('policy', 'Policy'),
			' says how long they are kept: log_days, log_entries.'),
		filters('log', words('Words'), text('Result', 'failed', {options: [['', 'all'], ['true', 'refused or failed']]}),
			text('User or team', 'user', {placeholder: 'name or id'}),
			h('details', {open: MORE.some(id => query[id] !== '')}, h('summary', 'More filters'), h('div.filters',
				text('Error code', 'code'), text('Method', 'method', {options: ['', 'POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map(m => [m, m || 'all'])}),
				text('HTTP status', 'status', {inputmode: 'numeric'}), text('Identity provider', 'client'),
				text('Token', 'token', {options: [['', 'all'], ...tokens.map(t => [t.id, t.name])]}),
				text('From', 'from', {type: 'datetime-local', value: toLocal(query.from)}), text('To', 'to', {type: 'datetime-local', value: toLocal(query.to)})))),
		rows(found, 'Requests, newest first', next !== null ? GO_ON : Object.values(query).join('') !== '' ? 'Nothing is like that.'
			: ['No request has come yet: ', to('setup', 'set up the identity provider'), '.']),
		pager('log', query, next, 'before'),
		exporter('log', ['seq', 'time', 'failed', 'code', 'sentence', 'client', 'token', 'method', 'path', 'status', 'microseconds', 'resource', 'times', 'request'],
			() => pages(['log'], 'entries', query, {before: 0})));
}

/* A word for a shell: control characters are written out. */
const quoted = text => /[\x00-\x1f\x7f]/.test(text)
	? `$'${text.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
	: `'${text.replaceAll('\'', '\'\\\'\'')}'`;

/* The log has paths decoded. */
function curl({method, path, body}) {
	const url = base + encodeURI(path.replace(/^\/*(scim\/v2)?/i, '')).replace(/[#+]/g, encodeURIComponent);
	const parts = [`curl --globoff -X ${quoted(method)} ${quoted(url)}`, '-H "Authorization: Bearer $TOKEN"'];
	if (body !== undefined)
		parts.push('-H \'Content-Type: application/scim+json\'', `--data-raw ${quoted(typeof body === 'string' ? body : JSON.stringify(body))}`);
	return parts.join(' \\\n  ');
}

const plain = v => typeof v === 'string' ? v : code(JSON.stringify(v ?? null));
const people = (ids, what) => ids.length > 0 && h('details', {open: ids.length < 10}, h('summary', `${count(ids.length, 'member')} ${what}`),
	h('ul', ids.map(id => h('li', to('user', {id}, code(id))))));

function change({seq, type, changes = [], role, members, revoke_sessions: ends}) {
	const rows = role ? [...changes, {path: 'type', ...role}] : changes;
	return [
		h('h3', type, ' ', h('span.soft', `event ${number(seq)}`)),
		rows.length > 0 && table('What was and what is', [
			['Attribute', c => code(c.path)], ['Before', c => plain(c.old)], ['After', c => plain(c.new)]], rows),
		members && [people(members.added, 'added'), people(members.removed, 'removed')],
		ends && p('The application is told to end this user’s sessions.'),
	];
}

export async function entry(query) {
	const [e, tokens] = await Promise.all([get(['log', query.get('seq') ?? '']), all('tokens')]);
	const {events = [], resource} = e;
	const command = e.method && e.path && curl(e);
	return page(e.sentence,
		p(result(e), ' ', e.code && codeLink(e.code)),
		e.remedy && notice('warn', h('h2', 'What to do'), p(e.remedy)),
		facts(['Time', e.times > 1 ? [span(e), `, ${number(e.times)} times`] : since(e.time)], ['From', e.client],
			e.method && ['Request', code(`${e.method} ${e.path}`)],
			e.status && ['Answer', `HTTP ${e.status} in ${number(e.microseconds / 1000)} ms`],
			resource?.id && ['About', to(resource.type === 'Group' ? 'team' : 'user', {id: resource.id}, resource.name ?? resource.id)],
			['Token', tokens.find(t => t.id === e.token)?.name, ' ', code(e.token)], e.request && ['Request id', value(e.request, 'the request id')], ['Entry', number(e.seq)]),
		e.body !== undefined && section('What was sent', e.bodyBytes && p(`Of ${number(e.bodyBytes)} bytes.`), json(e.body, 'Body of the request')),
		e.answer && section('What it was answered', json(e.answer, 'Answer')),
		section('What it changed', events.length > 0 ? events.map(change)
			: h('p.empty', e.failed ? 'Nothing: it was refused.' : 'Nothing that is still kept.'),
		e.eventsCut && p(`There are more, up to event ${number(e.lastEvent)}.`),
		events.length > 0 && h('details', h('summary', 'As the application reads it'), json(events, 'Events'))),
		command && section('Send it again', p('With a token in $TOKEN; secrets are left out. ', copy(command, 'the curl command', 'Copy as curl')), json(command, 'curl command')),
		p(to('log', {before: e.seq + 1}, 'The log from here on'), ' · ', to('log', '« Sync log')));
}
