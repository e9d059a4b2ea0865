/* SPDX-License-Identifier: Apache-2.0 */
/* The sync log: what identity providers asked, and what became of it. */
import {gather, get} from './api.js';
import {a, badge, field, h, page, table} from './dom.js';
import {chosen, exporter, filters, pager} from './list.js';
import {link, state} from './state.js';
import {number, toLocal, when} from './time.js';

const NAMES = ['q', 'failed', 'code', 'method', 'status', 'user', 'client', 'token', 'from', 'to'];

export const result = (e) => e.failed ? badge('bad', e.status >= 500 ? 'Failed' : 'Refused') : badge('good', 'Done');

export const rows = (entries, caption, empty) => table(caption, [
  ['What', (e) => [a(link('entry', {seq: e.seq}), h('bdi', e.sentence)), e.code && [' ', a(link('errors', {code: e.code}), h('code', e.code))]]],
  ['Result', (e) => result(e)],
  ['Time', (e) => e.times > 1 ? [when(e.first), ' to ', when(e.last)] : when(e.time)],
  ['HTTP', (e) => e.method ? `${e.method} ${e.status ?? ''}` : '–'],
  ['Took', (e) => e.microseconds === undefined ? '–' : `${number(Math.round(e.microseconds / 100) / 10)} ms`, 'n'],
], entries, empty);

/* Newest first, page by page. */
async function* walk(query) {
  for (let before = 0; before !== null;) {
    const page = await get(['log'], {...query, before, limit: 1000});
    yield page.entries;
    before = page.next ?? null;
  }
}

export async function log() {
  const query = chosen(...NAMES);
  const [{found, next, page: last}, list] = await Promise.all([
    gather(['log'], {...query, before: state.query.get('before') ?? 0}, 'entries'),
    get(['tokens'], {limit: 1000}).catch(() => ({tokens: []}))]);
  const text = (label, name, more) => field(label, name, {value: query[name], id: name, ...more});
  const filtered = Object.values(query).some((v) => v !== '');
  return page('Sync log',
    h('p', 'What changed something or was refused, without secrets; what was only read is counted. How long it is kept stands at ',
      a(link('policy'), 'Policy'), ': log_days and log_entries.'),
    filters('log',
      text('Words', 'q', {type: 'search', hint: 'In the sentence.'}),
      text('Result', 'failed', {options: [['', 'all'], ['true', 'refused or failed']]}),
      text('User or team', 'user', {hint: 'Name or id.'}),
      h('details', {open: ['code', 'method', 'status', 'client', 'token', 'from', 'to'].some((n) => query[n] !== '')}, h('summary', 'More filters'), h('div.filters',
        text('Error code', 'code', {autocapitalize: 'characters'}),
        text('Method', 'method', {options: ['', 'POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map((m) => [m, m || 'all'])}),
        text('HTTP status', 'status', {inputmode: 'numeric', pattern: '[1-5][0-9][0-9]'}),
        text('Identity provider', 'client'),
        text('Token', 'token', {options: [['', 'all'], ...list.tokens.map((t) => [t.id, t.name])]}),
        text('From', 'from', {type: 'datetime-local', value: toLocal(query.from)}),
        text('To', 'to', {type: 'datetime-local', value: toLocal(query.to)})))),
    rows(last.next === undefined ? found.reverse() : found, 'Requests, newest first', next !== null ? 'Nothing so far: go on with the next page.'
      : filtered ? 'Nothing is like that.' : ['No request has come yet: ', a(link('setup'), 'set up the identity provider'), '.']),
    pager('log', query, next, 'before'),
    exporter('log', ['seq', 'time', 'failed', 'code', 'sentence', 'client', 'token', 'method', 'path', 'status', 'microseconds', 'resource', 'times', 'request'],
      () => walk(query)));
}
