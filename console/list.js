/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: filters that stand in the address, the way to the next page, and taking all of it along as a file. */
import {button, h, problem, say} from './dom.js';
import {isStaff, link, state} from './state.js';
import {Cancelled} from './api.js';
import {number} from './time.js';

/* A form whose fields go into the address: app.js takes it from there. */
export function filters(view, ...fields) {
  const hidden = [['view', view], isStaff() && state.account !== '' && ['account', state.account]].filter(Boolean);
  return h('form.filters', {method: 'get', role: 'search', 'aria-label': 'Filter'},
    hidden.map(([name, value]) => h('input', {type: 'hidden', name, value})), fields,
    h('div.field', h('button', {id: 'filter'}, 'Filter')), h('p.field', h('a.plain', {href: link(view)}, 'Clear')));
}

/* The parameters of the address that are the list's filters. */
export const chosen = (...names) => Object.fromEntries(names.map((name) => [name, state.query.get(name) ?? '']));

export function pager(view, query, next, cursor = 'after') {
  const first = state.query.has(cursor);
  return (first || next !== null) && h('nav.pager', {'aria-label': 'More of the list'},
    first && h('a', {href: link(view, {...query, [cursor]: ''})}, '« Back to the beginning'),
    next !== null && h('a', {href: link(view, {...query, [cursor]: next}), rel: 'next'}, 'Next page »'));
}

/* --- files --- */

/* A cell that no spreadsheet takes for a formula. */
function cell(value) {
  const text = value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `"${(/^[\s]*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

export const csv = (columns, rows) =>
  `\ufeff${[columns, ...rows.map((row) => columns.map((name) => row[name]))].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;

export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], {type}));
  h('a', {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/* Buttons that walk the whole list, as filtered, into a file; walk() gives it page by page. */
export function exporter(name, columns, walk) {
  async function run(kind) {
    const rows = [];
    try {
      for await (const part of walk()) {
        rows.push(...part);
        say(`Export: ${number(rows.length)} so far…`);
      }
      const file = `${name}-${new Date().toISOString().slice(0, 10)}.${kind}`;
      if (kind === 'csv')
        save(file, 'text/csv;charset=utf-8', csv(columns, rows));
      else
        save(file, 'application/json', `${JSON.stringify(rows, null, 2)}\n`);
      say(`Exported ${number(rows.length)} to ${file}.`);
    } catch (error) {
      if (!(error instanceof Cancelled))
        say(problem(error));
    }
  }
  return h('p.exports', 'Export all that is filtered: ', button('CSV', () => run('csv'), {class: 'plain', 'aria-label': 'CSV export'}), ' ',
    button('JSON', () => run('json'), {class: 'plain', 'aria-label': 'JSON export'}));
}
