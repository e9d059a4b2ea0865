/* SPDX-License-Identifier: Apache-2.0 */
/* Times in the reader's zone, and numbers with their words. */
import {h} from './dom.js';

const language = navigator.languages.find((l) => /^en\b/i.test(l)) ?? 'en-GB';
const long = new Intl.DateTimeFormat(language, {dateStyle: 'medium', timeStyle: 'medium'});
const short = new Intl.DateTimeFormat(language, {dateStyle: 'medium'});
const relative = new Intl.RelativeTimeFormat(language, {numeric: 'auto'});
const numbers = new Intl.NumberFormat(language);
const units = [['second', 60], ['minute', 60], ['hour', 24], ['day', 30], ['month', 12], ['year', Infinity]];

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/* "3 minutes ago", "in 2 days". */
export function distance(iso) {
  let n = (Date.parse(iso) - Date.now()) / 1000;
  if (Math.abs(n) < 5)
    return 'just now';
  for (const [unit, size] of units) {
    if (Math.abs(n) < size)
      return relative.format(Math.trunc(n), unit);
    n /= size;
  }
  return '';
}

const isTime = (iso) => typeof iso === 'string' && !Number.isNaN(Date.parse(iso));

export const whenText = (iso) => isTime(iso) ? long.format(new Date(iso)) : String(iso);

export function when(iso, none = 'never') {
  return isTime(iso) ? h('time', {datetime: iso}, whenText(iso)) : none;
}

export function day(iso, none = 'never') {
  return isTime(iso) ? h('time', {datetime: iso, title: whenText(iso)}, short.format(new Date(iso))) : none;
}

export function ago(iso, none = 'never') {
  return isTime(iso) ? h('time', {datetime: iso, title: whenText(iso), 'data-ago': true}, distance(iso)) : none;
}

/* Both: for what matters. */
export function since(iso, none = 'never') {
  return isTime(iso) ? [ago(iso), h('span.soft', ' · ', whenText(iso))] : none;
}

setInterval(() => {
  for (const node of document.querySelectorAll('time[data-ago]'))
    node.textContent = distance(node.dateTime);
}, 20000);

export const number = (n) => typeof n === 'number' ? numbers.format(n) : '–';

/* "1 person", "1,234 people". */
export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

/* For <input type="datetime-local">, which knows no zones. */
export function toLocal(iso) {
  if (!isTime(iso))
    return '';
  const at = new Date(iso);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
