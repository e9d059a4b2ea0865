/* SPDX-License-Identifier: Apache-2.0 */
/* Times in the reader's zone, and numbers with their words. */
import {h} from './dom.js';
import {state} from './state.js';

const language = navigator.languages.find(l => /^en\b/i.test(l)) ?? 'en-GB';
const long = new Intl.DateTimeFormat(language, {dateStyle: 'medium', timeStyle: 'medium'});
const short = new Intl.DateTimeFormat(language, {dateStyle: 'medium'});
const relative = new Intl.RelativeTimeFormat(language, {numeric: 'auto'});
const numbers = new Intl.NumberFormat(language);
const units = [['second', 60], ['minute', 60], ['hour', 24], ['day', 30], ['month', 12], ['year', Infinity]];

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const now = () => Date.now() + state.skew;

/* "3 minutes ago", "in 2 days". */
export function distance(iso) {
	let n = (Date.parse(iso) - now()) / 1000;
	if (Math.abs(n) < 5)
		return 'just now';
	const [unit] = units.find(([, size]) => Math.abs(n) < size || !(n /= size));
	return relative.format(Math.trunc(n), unit);
}

const isTime = iso => typeof iso === 'string' && !isNaN(Date.parse(iso));
const time = (iso, none, text, more) => isTime(iso) ? h('time', {datetime: iso, ...more}, text(iso)) : none;
const full = iso => long.format(new Date(iso));

export const when = (iso, none = 'never') => time(iso, none, full);
export const day = (iso, none = 'never') => time(iso, none, iso => short.format(new Date(iso)));
export const ago = (iso, none = 'never') => time(iso, none, distance, {title: isTime(iso) && full(iso), 'data-ago': true});

/* Both: for what matters. */
export const since = (iso, none = 'never') => isTime(iso) ? [ago(iso), h('span.soft', ' · ', full(iso))] : none;

setInterval(() => {
	for (const node of document.querySelectorAll('time[data-ago]'))
		node.textContent = distance(node.dateTime);
}, 20000);

export const number = n => typeof n === 'number' ? numbers.format(n) : '–';

/* "1 person", "1,234 people". */
export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

/* For datetime-local, which knows no zones. */
export function toLocal(iso) {
	const at = new Date(iso);
	return isTime(iso) ? new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16) : '';
}
