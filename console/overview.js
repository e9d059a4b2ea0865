/* SPDX-License-Identifier: Apache-2.0 */
/* Whether provisioning works and, if not, why. */
import {get} from './api.js';
import {chart} from './chart.js';
import {a, badge, facts, h, notice, page, section} from './dom.js';
import {link} from './state.js';
import {count, number, since} from './time.js';

const STATES = {
  active: ['good', 'Active'], waiting: ['idle', 'Waiting for the first request'], stale: ['warn', 'Stale'],
  failing: ['bad', 'Failing'], suspended: ['warn', 'Suspended'], not_configured: ['idle', 'Not configured'],
};

export const stateBadge = (s) => badge(...STATES[s] ?? ['idle', s ?? 'unknown']);

/* Where one does something about what waits. */
const doors = {
  refusals: (w) => w.code ? link('log', {failed: 'true', code: w.code}) : link('log', {failed: 'true'}),
  seats: () => link('seats'), token: () => link('tokens'), tokens: () => link('tokens'), mismatches: () => link('mismatches'),
};

export const meter = (used, limit, label) => limit !== null && limit > 0 && h('meter', {
  min: 0, max: limit, value: Math.min(used, limit), high: limit * 0.9, low: 0, optimum: 0, 'aria-label': label,
}, `${used} of ${limit}`);

export const seatWords = (seats) => seats.limit === null ? `${number(seats.used)}, without a limit`
  : `${number(seats.used)} of ${number(seats.limit)}`;

function tile(title, href, big, ...more) {
  return h('li', h('h3', a(href, title)), h('p.big', big), h('p', [more]));
}

function next(o) {
  if (o.state === 'not_configured')
    return notice('idle', h('p', h('strong', 'Nothing is connected yet.')),
      h('p', '1. ', a(link('tokens'), 'Make a token'), '. 2. ', a(link('setup'), 'Set up your identity provider'), ' with it. 3. Watch the check-list there tick.'));
  if (o.state === 'waiting')
    return notice('idle', h('p', h('strong', 'A token is there, but nothing has come yet.')),
      h('p', 'Put it into ', a(link('setup'), 'your identity provider'), ' and test the connection there.'));
  return null;
}

export async function overview() {
  const o = await get(['overview']);
  const steps = o.checklist ?? [];
  const done = steps.filter((s) => s.first).length;
  return page('Overview',
    h('div.state', h('p', stateBadge(o.state)), h('p.words', o.words ?? '')),
    next(o),
    facts([
      ['Identity provider', o.client ?? 'none seen yet'],
      ['Last request', since(o.lastRequest)],
      ['Last change', since(o.lastChange)],
    ]),
    h('ul.tiles',
      tile('Users', link('users'), number(o.users), `${number(o.active)} active, ${number(o.users - o.active)} inactive`),
      tile('Teams', link('teams'), number(o.teams)),
      o.seats && tile('Seats', link('seats'), seatWords(o.seats), meter(o.seats.used, o.seats.limit, 'Seats taken')),
      tile('Set up', link('setup'), `${done} of ${steps.length}`, done === steps.length ? 'steps have been seen' : 'steps of the check-list have been seen')),
    section('What waits for you', (o.waiting ?? []).length === 0 ? h('p.empty', 'Nothing.')
      : h('ul.waiting', o.waiting.map((w) => h('li', badge('warn', number(w.count)), ' ', w.words, ' ',
        w.code && [a(link('errors', {code: w.code}), h('code', w.code)), ' '],
        doors[w.what] && a(doors[w.what](w), 'Look at it'))))),
    section('The last seven days', o.days?.some((d) => d.accepted + d.refused > 0) ? chart(o.days)
      : h('p.empty', 'No request has come in these days.')),
    h('p.soft', count(o.days?.reduce((n, d) => n + d.refused, 0) ?? 0, 'refusal'), ' in these days: ',
      a(link('log', {failed: 'true'}), 'see them in the sync log'), ' or ', a(link('errors'), 'what they mean'), '.'));
}
