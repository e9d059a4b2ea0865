/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: filters that stand in the address, the way to the next page, and taking all of it along as a file. */
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

const csv = (columns, rows) =>
	`\ufeff${[columns, ...rows.map(row => columns.map(name => row[name]))].map(row => `${row.map(cell).join(',')}\r\n`).join('')}`;

export function save(name, type, text) {
	const href = URL.createObjectURL(new Blob([text], {type}));
	h('a', {href, download: name}).click();
	setTimeout(() => URL.revokeObjectURL(href), 60000);
}

/* Buttons that put the whole list, as filtered, into a file; walk() gives it page by page. */
export function exporter(name, columns, walk) {
	const one = (kind, type, write) => button(kind.toUpperCase(), async () => {
		const rows = [];
		try {
			for await (const part of walk()) {
				rows.push(...part);
				say(`Export: ${number(rows.length)} so far…`);
			}
			const file = `${name}-${new Date().toISOString().slice(0, 10)}.${kind}`;
			save(file, type, write(rows));
			say(`Exported ${number(rows.length)} to ${file}.`);
		} catch (error) {
			if (error.message !== '')
				say(problem(error));
		}
	}, {'aria-label': `${kind.toUpperCase()} export`});
	return h('p.exports', 'Export all that is filtered: ', one('csv', 'text/csv;charset=utf-8', rows => csv(columns, rows)), ' ',
		one('json', 'application/json', rows => `${JSON.stringify(rows, null, 2)}\n`));
}
