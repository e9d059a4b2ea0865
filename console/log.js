/* SPDX-License-Identifier: Apache-2.0 */
/* The sync log: what identity providers asked, and what became of it. */
import {all, gather, pages} from './api.js';
import {a, badge, codeLink, field, h, name, p, page, table} from './dom.js';
import {chosen, exporter, filters, pager, place} from './list.js';
import {link} from './state.js';
import {number, toLocal, when} from './time.js';

export const result = (e) => e.failed ? badge('bad', e.status >= 500 ? 'Failed' : 'Refused') : badge('good', 'Done');
export const span = (e) => e.times > 1 ? [when(e.first), ' to ', when(e.last)] : when(e.time);

export const rows = (entries, caption, empty) => table(caption, [
	['What', (e) => [a(link('entry', {seq: e.seq}), name(e.sentence)), e.code && [' ', codeLink(e.code)]]],
	['Result', result], ['Time', span],
	['HTTP', (e) => e.method ? `${e.method} ${e.status}` : '–'],
	['Took', (e) => e.microseconds === undefined ? '–' : `${number(Math.round(e.microseconds / 100) / 10)} ms`, 'n'],
], entries, empty);

const MORE = ['code', 'method', 'status', 'client', 'token', 'from', 'to'];

export async function log() {
	const query = chosen('q', 'failed', 'user', ...MORE);
	const [{found, next}, tokens] = await Promise.all([gather(['log'], 'entries', query, place('before', 0)), all(['tokens'], 'tokens')]);
	const text = (label, id, more) => field(label, id, {value: query[id], id, ...more});
	return page('Sync log',
		p('Requests that changed something or were refused, without secrets; those that only read are counted. How long they are kept stands at ',
			a(link('policy'), 'Policy'), ': log_days and log_entries.'),
		filters('log', text('Words', 'q', {type: 'search'}), text('Result', 'failed', {options: [['', 'all'], ['true', 'refused or failed']]}),
			text('User or team', 'user', {placeholder: 'name or id'}),
			h('details', {open: MORE.some((id) => query[id] !== '')}, h('summary', 'More filters'), h('div.filters',
				text('Error code', 'code'), text('Method', 'method', {options: ['', 'POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map((m) => [m, m || 'all'])}),
				text('HTTP status', 'status', {inputmode: 'numeric'}), text('Identity provider', 'client'),
				text('Token', 'token', {options: [['', 'all'], ...tokens.map((t) => [t.id, t.name])]}),
				text('From', 'from', {type: 'datetime-local', value: toLocal(query.from)}), text('To', 'to', {type: 'datetime-local', value: toLocal(query.to)})))),
		rows(found, 'Requests, newest first', next !== null ? 'Nothing so far: go on with the next page.' : Object.values(query).join('') !== '' ? 'Nothing is like that.'
			: ['No request has come yet: ', a(link('setup'), 'set up the identity provider'), '.']),
		pager('log', query, next, 'before'),
		exporter('log', ['seq', 'time', 'failed', 'code', 'sentence', 'client', 'token', 'method', 'path', 'status', 'microseconds', 'resource', 'times', 'request'],
			() => pages(['log'], 'entries', query, {before: 0})));
}
