/* SPDX-License-Identifier: Apache-2.0 */
/* Whether provisioning works and, if not, why; and the seats: who takes them, who was refused for want of one. */
import {gather, get} from './api.js';
import {chart} from './chart.js';
import {badge, codeLink, facts, h, notice, p, page, section, strong, table, to} from './dom.js';
import {rows} from './log.js';
import {count, number, since} from './time.js';

const STATES = {
	active: ['good', 'Active'], waiting: ['idle', 'Waiting for the first request'], stale: ['warn', 'Stale'],
	failing: ['bad', 'Failing'], suspended: ['warn', 'Suspended'], not_configured: ['idle', 'Not configured'],
};

export const stateBadge = s => badge(...STATES[s] ?? ['idle', s]);

export const meter = (used, limit, label) => limit > 0 && h('meter', {
	max: limit, value: Math.min(used, limit), low: limit * 0.9, high: limit * 0.999, optimum: 0, 'aria-label': label}, `${used} of ${limit}`);

export const seatWords = ({used, limit}) => limit === null ? `${number(used)}, no limit` : `${number(used)} of ${number(limit)}`;

const doors = {refusals: 'log', seats: 'seats', overflow: 'seats', token: 'tokens', mismatches: 'mismatches'};

const tile = (title, view, big, more) => h('li', p(to(view, title)), h('p.big', big), p(more));

export async function overview() {
	const o = await get(['overview']);
	const {days = [], waiting = [], checklist = []} = o;
	return page('Overview',
		h('div.state', p(stateBadge(o.state)), h('p.words', o.words)),
		['not_configured', 'waiting'].includes(o.state) && notice('idle', p(strong('Nothing is connected yet. '), to('tokens', 'Make a token'), ', put it into ', to('setup', 'your identity provider'),
			', and watch the check-list there tick.')),
		facts(['Identity provider', o.client ?? 'none seen yet'], ['Last request', since(o.lastRequest)], ['Last change', since(o.lastChange)]),
		h('ul.tiles',
			tile('Users', 'users', number(o.users), `${number(o.active)} active, ${number(o.users - o.active)} inactive`),
			tile('Teams', 'teams', number(o.teams), 'pushed groups'),
			o.seats && tile('Seats', 'seats', seatWords(o.seats), meter(o.seats.used, o.seats.limit, 'Seats taken')),
			tile('Set up', 'setup', `${checklist.filter(s => s.first).length} of ${checklist.length}`, 'steps of the check-list seen')),
		section('What waits for you', waiting.length === 0 ? h('p.empty', 'Nothing.') : h('ul.waiting', waiting.map(w => h('li',
			badge('warn', ''), h('div', w.words, ' ', w.code && codeLink(w.code), ' ', doors[w.what] && to(doors[w.what], {failed: w.what === 'refusals', code: w.code}, 'Look at it')))))),
		section('The last seven days', days.some(d => d.accepted + d.refused > 0) ? chart(days) : h('p.empty', 'No request has come in these days.'),
			p(to('log', {failed: true}, 'What was refused'), ' · ', to('errors', 'What it means'))));
}

const CODE = 'SEATS_EXCEEDED';
const takes = {0: 'no seat', 1: 'one seat'};

export async function seats() {
	const [s, {settings}, {found}, {refusals}] = await Promise.all([get(['seats']), get(['policy']),
		gather(['log'], 'entries', {failed: true, code: CODE}, {before: 0}, 10, 3), get(['refusals'])]);
	const row = refusals.find(r => r.code === CODE);
	const free = s.limit === null ? null : Math.max(0, s.limit - s.used);
	return page('Seats', h('div.state', h('p.big', seatWords(s)), meter(s.used, s.limit, 'Seats taken')),
		free === 0 && notice('bad', p(strong('All seats are taken.'), ` Further people are ${settings.seat_overflow.value === 'viewer' ? 'made viewers' : 'refused'}.`)),
		facts(free !== null && ['Free', number(free)], s.overflowed > 0 && ['Viewers for want of a seat', number(s.overflowed)],
			['Refused additions', row ? [count(row.count, 'request'), ', the last ', since(row.last)] : 'none']),
		table('Active users by type', [
			['Type', t => to('users', {type: t, active: true}, t)], ['Users', t => number(s[t]), 'n'],
			['Each takes', t => takes[settings[`seat_${t}`].value] ?? `${settings[`seat_${t}`].value} of a seat`],
		], ['admin', 'member', 'viewer', 'guest']),
		h('p.soft', 'Custom roles count as their base type. The limit, and what each type takes, are set at ', to('policy', 'Policy'), '.'),
		section('Refused for want of a seat', rows(found, 'The last of them', 'The kept log has none.'), p(to('log', {failed: true, code: CODE}, 'All in the sync log'))));
}
