/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of errors: causes and remedies, and how often each was seen here. */
import {get} from './api.js';
import {a, facts, field, h, notice, page, table} from './dom.js';
import {filters} from './list.js';
import {isStaff, link, state} from './state.js';
import {ago, number, since} from './time.js';

const seenHere = async () => isStaff() && state.account === '' ? [] : (await get(['refusals']).catch(() => ({refusals: []}))).refusals;

async function one(code) {
  const [e, seen] = await Promise.all([get(['errors', code.toUpperCase()]), seenHere()]);
  const row = seen.find((r) => r.code === e.code);
  return page(e.code,
    h('p.words', e.sentence.replaceAll('{}', '…'), '.'),
    notice('warn', h('h2', 'What the identity provider’s admin does'), h('p', e.admin)),
    facts([
      ['Why', e.cause], ['What the engineer or operator does', e.engineer],
      ['HTTP', e.scimType ? `${e.status}, scimType ${e.scimType}` : String(e.status)],
      row && ['Seen here', `${number(row.count)} times`], row && ['First', since(row.first)], row && ['Last', since(row.last)],
    ]),
    h('p', row && [a(link('log', {failed: 'true', code: e.code}), 'See these requests in the sync log'), ' · '], a(link('errors'), '« All errors')));
}

export async function errors(query) {
  if (query.get('code'))
    return one(query.get('code'));
  const [{errors: list}, seen] = await Promise.all([get(['errors']), seenHere()]);
  const by = new Map(seen.map((r) => [r.code, r]));
  const q = (query.get('q') ?? '').toLowerCase();
  const rank = (e) => by.has(e.code) ? -Date.parse(by.get(e.code).last) : 0;
  const found = list.filter((e) => [e.code, e.sentence, e.cause, e.admin].some((t) => t.toLowerCase().includes(q))).sort((x, y) => rank(x) - rank(y));
  return page('Errors', h('p', 'What a request can be refused with; those seen in this account come first.'),
    filters('errors', field('Words', 'q', {value: query.get('q') ?? '', type: 'search', id: 'q'})),
    table('Errors', [
      ['Code', (e) => a(link('errors', {code: e.code}), h('code', e.code))],
      ['What happened', (e) => e.sentence.replaceAll('{}', '…')],
      ['What to do', (e) => e.admin],
      ['Seen', (e) => by.has(e.code) ? number(by.get(e.code).count) : '–', 'n'],
      ['Last', (e) => ago(by.get(e.code)?.last, '–')],
    ], found, 'No error is like that.'));
}
