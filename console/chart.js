/* SPDX-License-Identifier: Apache-2.0 */
/* Seven days of accepted and refused requests, as bars and as a table. */
import {h, svg, table, unique} from './dom.js';
import {count, number} from './time.js';

const STEP = 52, WIDE = 28, HIGH = 96, BASE = 116;
const weekday = (day, style) => new Intl.DateTimeFormat('en', {weekday: style, timeZone: 'UTC'}).format(new Date(day));
const compact = new Intl.NumberFormat('en', {notation: 'compact'});

/* Strokes: what was refused is told apart without colours. */
function hatch(x, y, high) {
	let d = '';
	for (let at = 0; at < high; at += 5)
		d += `M${x} ${y + Math.min(at + 4, high)}L${x + WIDE} ${y + at}`;
	return d;
}

function bar({day, accepted, refused}, x, scale) {
	const high = n => n > 0 ? Math.max(3, n * scale) : 0;
	const middle = BASE - high(accepted), top = middle - high(refused);
	return svg('g',
		svg('rect', {class: 'accepted', x, y: middle, width: WIDE, height: BASE - middle}),
		svg('rect', {class: 'refused', x, y: top, width: WIDE, height: middle - top}),
		svg('path', {class: 'hatch', d: hatch(x, top, middle - top)}),
		svg('text', {x: x + WIDE / 2, y: top - 5}, accepted + refused > 0 ? compact.format(accepted + refused) : '–'),
		svg('text', {x: x + WIDE / 2, y: BASE + 15}, weekday(day, 'short')));
}

export function chart(days) {
	const most = Math.max(1, ...days.map(d => d.accepted + d.refused));
	const [accepted, refused] = ['accepted', 'refused'].map(kind => days.reduce((sum, d) => sum + d[kind], 0));
	const words = `${count(accepted, 'request was', 'requests were')} accepted and ${number(refused)} refused in seven days.`;
	const id = unique('chart');
	return h('figure.chart',
		svg('svg', {viewBox: `0 0 372 ${BASE + 22}`, role: 'img', 'aria-labelledby': id}, svg('title', {id}, words),
			svg('path', {class: 'axis', d: `M4 ${BASE + 0.5}h364`}), days.map((day, i) => bar(day, 16 + i * STEP, (HIGH - 8) / most))),
		h('figcaption', h('span.key.accepted', 'accepted'), h('span.key.refused', 'refused'), h('span', words)),
		h('details', h('summary', 'The numbers'), table('Requests by day (UTC)', [
			['Day', d => `${weekday(d.day, 'long')}, ${d.day}`], ['Accepted', d => number(d.accepted), 'n'], ['Refused', d => number(d.refused), 'n'],
		], days)));
}
