/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: filters that stand in the address, the way to the next page, and taking all of it along as a file. */
import {renewed} from './api.js';
import {button, field, h, problem, say, to} from './dom.js';
import {link, state} from './state.js';
import {number} from './time.js';

/* A form whose fields go into the address: app.js takes it from there. */
export const filters = (view, ...fields) => h('form.filters', {method: 'get', role: 'search', 'aria-label': 'Filter'},
	[...new URLSearchParams(link(view))].map(([name, value]) => h('input', {type: 'hidden', name, value})),
	fields, h('div.field', h('button.main', {id: 'filter'}, 'Filter'), ' ', to(view, 'Clear')));

export const words = (label, name = 'q') => field(label, name, {value: state.query.get(name), type: 'search', id: name});
export const GO_ON = 'Nothing so far: go on with the next page.';

/* The parameters of the address that are the list's filters. */
export const chosen = (...names) => Object.fromEntries(names.map(name => [name, state.query.get(name) ?? '']));

/* Where the address says that the list begins. */
export const place = (cursor = 'after', first = '') => ({[cursor]: state.query.get(cursor) ?? first});

export function pager(view, query, next, cursor = 'after') {
	const first = state.query.has(cursor);
	return (first || next !== null) && h('nav.pager', {'aria-label': 'More of the list'},
		first && to(view, query, '« Back to the beginning'), next !== null && to(view, {...query, [cursor]: next}, 'Next page »'));
}

/* A cell that no spreadsheet takes for a formula. */
function cell(value) {
	const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
	return `"${(/^\s*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

const line = cells => `${cells.map(cell).join(',')}\r\n`;

export function save(name, type, parts) {
	const href = URL.createObjectURL(new Blob(parts, {type}));
	h('a', {href, download: name}).click();
	setTimeout(() => URL.revokeObjectURL(href), 60000);
}

/* Buttons that put the whole list, as filtered, into a file; walk() gives it page by page. */
export function exporter(name, columns, walk) {
	const one = (kind, type, begin, write, end) => button(kind, async () => {
		const parts = [begin];
		let n = 0;
		try {
			for await (const rows of walk()) {
				parts.push(write(rows, n));
				n += rows.length;
				say(`Export: ${number(n)} so far…`);
			}
			await renewed();
			const file = `${name}-${new Date().toISOString().slice(0, 10)}.${kind.toLowerCase()}`;
			save(file, type, [...parts, end]);
			say(`Exported ${number(n)} to ${file}.`);
		} catch (error) {
			if (error.message !== '')
				say(problem(error));
		}
	}, {'aria-label': `${kind} export`});
	return h('p.exports', 'Export all that is filtered: ',
		one('CSV', 'text/csv;charset=utf-8', `\ufeff${line(columns)}`, rows => rows.map(row => line(columns.map(key => row[key]))).join(''), ''), ' ',
		one('JSON', 'application/json', '[\n', (rows, n) => (n > 0 && rows.length > 0 ? ',\n' : '') + JSON.stringify(rows, null, 1).slice(2, -2), '\n]\n'));
}
