/* SPDX-License-Identifier: Apache-2.0 */
/* Seven days of accepted and refused requests, as bars and as a table. */
import {h, svg, table, unique} from './dom.js';
import {count, number} from './time.js';

const WIDE = 52, HIGH = 96, TOP = 20, LEFT = 4;
const weekday = (day, style) => new Intl.DateTimeFormat('en', {weekday: style, timeZone: 'UTC'}).format(new Date(`${day}T00:00Z`));
const compact = new Intl.NumberFormat('en', {notation: 'compact'});

function bar(day, i, scale) {
  const x = LEFT + i * WIDE + 12;
  const refused = day.refused > 0 ? Math.max(3, day.refused * scale) : 0;
  const accepted = day.accepted > 0 ? Math.max(3, day.accepted * scale) : 0;
  const sum = day.accepted + day.refused;
  const base = TOP + HIGH;
  return svg('g',
    svg('rect', {class: 'accepted', x, y: base - accepted, width: 28, height: accepted}),
    svg('rect', {class: 'refused', x, y: base - accepted - refused, width: 28, height: refused}),
    refused > 0 && svg('path', {class: 'hatch', d: hatch(x, base - accepted - refused, refused)}),
    svg('text', {x: x + 14, y: base - accepted - refused - 5}, sum > 0 ? compact.format(sum) : '–'),
    svg('text', {x: x + 14, y: base + 15}, weekday(day.day, 'short')));
}

/* Strokes across what was refused: it is told apart without colours. */
function hatch(x, y, high) {
  let d = '';
  for (let at = 0; at < high; at += 5)
    d += `M${x} ${y + Math.min(at + 4, high)}L${x + 28} ${y + at}`;
  return d;
}

export function chart(days) {
  const most = Math.max(1, ...days.map((d) => d.accepted + d.refused));
  const [accepted, refused] = ['accepted', 'refused'].map((name) => days.reduce((sum, d) => sum + d[name], 0));
  const words = `In seven days ${count(accepted, 'request was', 'requests were')} accepted and ${number(refused)} refused.`;
  const id = unique('chart');
  return h('figure.chart',
    svg('svg', {viewBox: `0 0 ${2 * LEFT + 7 * WIDE} ${TOP + HIGH + 22}`, role: 'img', 'aria-labelledby': id},
      svg('title', {id}, words),
      svg('path', {class: 'axis', d: `M${LEFT} ${TOP + HIGH + 0.5}h${7 * WIDE}`}),
      days.map((day, i) => bar(day, i, (HIGH - 8) / most))),
    h('figcaption', h('span.key.accepted', 'accepted'), h('span.key.refused', 'refused'), h('span', words)),
    h('details', h('summary', 'The numbers, by day (UTC)'),
      table('Requests by day', [
        ['Day', (d) => `${weekday(d.day, 'long')}, ${d.day}`],
        ['Accepted', (d) => number(d.accepted), 'n'],
        ['Refused', (d) => number(d.refused), 'n'],
      ], days)));
}
