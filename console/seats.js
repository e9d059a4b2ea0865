/* SPDX-License-Identifier: Apache-2.0 */
/* Seats: who takes them, and who was refused for want of one. */
import {gather, get} from './api.js';
import {a, facts, h, notice, p, page, section, strong, table, to} from './dom.js';
import {rows} from './log.js';
import {meter, seatWords} from './overview.js';
import {count, number, since} from './time.js';

const CODE = 'SEATS_EXCEEDED';
const takes = {0: 'no seat', 1: 'one seat'};

export async function seats() {
	const [s, {settings}, {found}, {refusals}] = await Promise.all([get(['seats']), get(['policy']),
		gather(['log'], 'entries', {failed: true, code: CODE}, {before: 0}, 10, 3), get(['refusals'])]);
	const row = refusals.find((r) => r.code === CODE);
	const free = s.limit === null ? null : Math.max(0, s.limit - s.used);
	return page('Seats', h('div.state', h('p.big', seatWords(s)), meter(s.used, s.limit, 'Seats taken')),
		free === 0 && notice('bad', p(strong('All seats are taken.'), ` Further people are ${settings.seat_overflow.value === 'viewer' ? 'made viewers' : 'refused'
		} until somebody is deactivated or there are more seats.`)),
		facts(free !== null && ['Free', number(free)], s.overflowed > 0 && ['Viewers for want of a seat', number(s.overflowed)],
			['Refused additions', row ? [count(row.count, 'request'), ', the last ', since(row.last)] : 'none']),
		table('Active users by type', [
			['Type', (t) => to('users', {type: t, active: 'true'}, t)], ['Users', (t) => number(s[t]), 'n'],
			['Each takes', (t) => takes[settings[`seat_${t}`].value] ?? `${settings[`seat_${t}`].value} of a seat`],
		], ['admin', 'member', 'viewer', 'guest']),
		h('p.soft', 'Custom roles count as their base type. The limit, and what each type takes, are set at ', to('policy', 'Policy'), '.'),
		section('Refused for want of a seat', rows(found, 'The last of them', 'The kept log has none.'), p(to('log', {failed: 'true', code: CODE}, 'All in the sync log'))));
}
