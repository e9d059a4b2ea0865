/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of errors: causes and remedies, and how often each was seen here. */
import {get} from './api.js';
import {codeLink, facts, h, notice, p, page, table, to} from './dom.js';
import {filters, words} from './list.js';
import {isStaff, state} from './state.js';
import {ago, count, number, since} from './time.js';

const refusals = async () => new Map(isStaff() && state.account === '' ? [] : (await get(['refusals'])).refusals.map(r => [r.code, r]));
const sentence = e => `${e.sentence.replaceAll('{}', '…')}.`;

async function one(code) {
	const [e, seen] = await Promise.all([get(['errors', code.toUpperCase()]), refusals()]);
	const row = seen.get(e.code);
	return page(e.code, h('p.words', sentence(e)),
		notice('warn', h('h2', 'What the identity provider’s admin does'), p(e.admin)),
		facts(['Why', e.cause], ['What the engineer or operator does', e.engineer], ['HTTP', [e.status, e.scimType].filter(Boolean).join(', scimType ')],
			row && ['Seen here', count(row.count, 'time')], row && ['Last', since(row.last)]),
		p(row && [to('log', {failed: true, code: e.code}, 'These requests in the sync log'), ' · '], to('errors', '« All errors')));
}

export async function errors(query) {
	if (query.get('code'))
		return one(query.get('code'));
	const [{errors: list}, seen] = await Promise.all([get(['errors']), refusals()]);
	const q = query.get('q') ?? '';
	const last = e => Date.parse(seen.get(e.code)?.last ?? 0);
	const found = list.filter(e => [e.code, e.sentence, e.cause, e.admin].join('\n').toLowerCase().includes(q.toLowerCase())).sort((x, y) => last(y) - last(x));
	return page('Errors', p('What a request can be refused with. Those that were seen in this account come first.'),
		filters('errors', words('Words')),
		table('Errors', [
			['Code', e => codeLink(e.code)], ['What happened', sentence], ['What to do', e => e.admin],
			['Seen', e => seen.has(e.code) ? number(seen.get(e.code).count) : '–', 'n'], ['Last', e => ago(seen.get(e.code)?.last, '–')],
		], found, 'No error is like that.'));
}
