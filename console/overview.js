/* SPDX-License-Identifier: Apache-2.0 */
/* Whether provisioning works and, if not, why. */
import {get} from './api.js';
import {chart} from './chart.js';
import {badge, codeLink, facts, h, notice, p, page, section, strong, to} from './dom.js';
import {number, since} from './time.js';

const STATES = {
	active: ['good', 'Active'], waiting: ['idle', 'Waiting for the first request'], stale: ['warn', 'Stale'],
	failing: ['bad', 'Failing'], suspended: ['warn', 'Suspended'], not_configured: ['idle', 'Not configured'],
};

export const stateBadge = (s) => badge(...STATES[s] ?? ['idle', 'Not known']);

export const meter = (used, limit, label) => limit > 0 && h('meter', {
	max: limit, value: Math.min(used, limit), low: limit * 0.9, high: limit * 0.999, optimum: 0, 'aria-label': label}, `${used} of ${limit}`);

export const seatWords = ({used, limit}) => limit === null ? `${number(used)}, no limit` : `${number(used)} of ${number(limit)}`;

/* Where one does something about what waits. */
const doors = {refusals: 'log', seats: 'seats', token: 'tokens', mismatches: 'mismatches'};

const next = {
	not_configured: () => notice('idle', p(strong('Nothing is connected yet.')), p('1. ', to('tokens', 'Make a token'), '. 2. Put it into ',
		to('setup', 'your identity provider'), '. 3. Watch the check-list there tick.')),
	waiting: () => notice('idle', p(strong('A token is there, but nothing has come yet.')), p('Put it into ', to('setup', 'your identity provider'),
		' and test the connection there.')),
};

const tile = (title, view, big, more) => h('li', p(to(view, title)), h('p.big', big), p(more));

export async function overview() {
	const o = await get(['overview']);
	const {days = [], waiting = [], checklist = []} = o;
	return page('Overview',
		h('div.state', p(stateBadge(o.state)), h('p.words', o.words ?? '')), next[o.state]?.(),
		facts(['Identity provider', o.client ?? 'none seen yet'], ['Last request', since(o.lastRequest)], ['Last change', since(o.lastChange)]),
		h('ul.tiles',
			tile('Users', 'users', number(o.users), `${number(o.active)} active, ${number(o.users - o.active)} inactive`),
			tile('Teams', 'teams', number(o.teams), 'pushed groups'),
			o.seats && tile('Seats', 'seats', seatWords(o.seats), meter(o.seats.used, o.seats.limit, 'Seats taken')),
			tile('Set up', 'setup', `${checklist.filter((s) => s.first).length} of ${checklist.length}`, 'steps of the check-list seen')),
		section('What waits for you', waiting.length === 0 ? h('p.empty', 'Nothing.') : h('ul.waiting', waiting.map((w) => h('li',
			badge('warn', number(w.count)), h('span', w.words), w.code && codeLink(w.code), doors[w.what] && to(doors[w.what], {failed: w.what === 'refusals', code: w.code}, 'Look at it'))))),
		section('The last seven days', days.some((d) => d.accepted + d.refused > 0) ? chart(days) : h('p.empty', 'No request has come in these days.'),
			p(to('log', {failed: 'true'}, 'What was refused'), ' · ', to('errors', 'What errors mean'))));
}
