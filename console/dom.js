/* SPDX-License-Identifier: Apache-2.0 */
/* Elements. Whatever is put into one is text: nothing is ever read as markup. */
import {Unreachable} from './api.js';
import {link} from './state.js';

const ADDRESS = /^(\?|#|\.\.\/|blob:|otpauth:\/\/)/; // what an href may be
let serial = 0;

export const unique = name => `${name}-${++serial}`;

const none = x => (x ?? false) === false;
const isPlain = x => !none(x) && typeof x === 'object' && !(x instanceof Node) && !Array.isArray(x);

function fill(node, parts) {
	if (isPlain(parts[0]))
		for (const [name, value] of Object.entries(parts.shift()))
			if (name.startsWith('on'))
				node.addEventListener(name.slice(2), value);
			else if (!none(value) && (name !== 'href' || ADDRESS.test(value)))
				node.setAttribute(name, value === true ? '' : value);
	node.append(...parts.flat(Infinity).filter(part => !none(part)));
	return node;
}

/* h('p.note', {title: …}, 'text', node, [more]) */
export function h(what, ...rest) {
	const [tag, ...classes] = what.split('.');
	const node = document.createElement(tag);
	node.classList.add(...classes);
	return fill(node, rest);
}

export const svg = (tag, ...rest) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), rest);

/* What a view gives: its title, the only h1, and what follows. */
export const page = (title, ...parts) => ({title, parts: [h('h1', {tabindex: -1}, title), ...parts]});

export const a = (href, ...parts) => h('a', {href}, parts);
/* to('users', {q: …}, 'text'): a link to a page of the console. */
export const to = (view, ...parts) => a(link(view, isPlain(parts[0]) ? parts.shift() : {}), parts);
export const p = (...parts) => h('p', [parts]);
export const strong = (...parts) => h('strong', [parts]);
/* What a stranger has named: its direction of writing stays inside. */
export const name = text => h('bdi', [text]);
export const code = text => h('code', [text]);
export const codeLink = c => to('errors', {code: c}, code(c));

export function section(title, ...parts) {
	const id = unique('s');
	return h('section', {'aria-labelledby': id}, h('h2', {id}, title), ...parts);
}

/* It stands above the page and is read out. */
export const say = (...parts) => document.getElementById('message').replaceChildren(...parts.flat());

export const notice = (kind, ...parts) => h(`div.notice.${kind}`, ...parts);

/* What went wrong, and what to do. */
export function problem(error) {
	const alert = (first, ...parts) => notice('bad', {role: 'alert'}, p(strong(first)), ...parts);
	if (error instanceof Unreachable)
		return alert('The server cannot be reached.', p('Check the connection and try again. If it stays so, tell the operator; identity ',
			'providers try again by themselves, so nothing is lost.'));
	if (error.status === undefined) {
		console.error(error);
		return alert('The page has failed.', p('Load it again; if it stays so, tell the operator: ', code(error.message)));
	}
	return alert(error.message, error.retry > 0 && p(`Try again in ${error.retry} seconds.`), error.code !== '' && p(codeLink(error.code), ': cause and remedy'));
}

export const button = (text, onclick, attributes) => h('button', {type: 'button', onclick, ...attributes}, text);

/* A button in a row of a table; of: which row. */
export const act = (text, of, onclick, danger) => button(text, onclick, {class: danger && 'danger', 'aria-label': `${text} ${of}`});

/* what: for those who do not see where the button stands. */
export function copy(text, what, label = 'Copy') {
	return button(label, () => navigator.clipboard.writeText(text).then(() => say(`Copied: ${what}`),
		() => say('The browser does not let the page copy: select the text and copy it.')), {class: 'copy', 'aria-label': `${label} ${what}`});
}

/* A value to paste somewhere. */
export const value = (text, what, label) => h('span.value', code(text), ' ', copy(text, what, label));

/* The sign says what the colour says. */
const signs = {good: '✓', bad: '✗', warn: '▲', idle: '○'};
export const badge = (kind, text) => h(`span.badge.${kind}`, h('span', {'aria-hidden': 'true'}, `${signs[kind]} `), text);

/* Pairs of words and what they stand for; what is no pair is left out. */
export const facts = (...pairs) => h('dl', pairs.filter(Boolean).map(([term, ...what]) => h('div', h('dt', term), h('dd', what))));

/*
 * columns: [heading, row => parts, class]; the first names the row. Rows become cards on narrow screens, so the roles are
 * named: a table that is no longer laid out as one loses them.
 */
export function table(caption, columns, rows, empty = 'There are none.') {
	if (rows.length === 0)
		return h('p.empty', [empty]);
	const cell = row => ([heading, parts, kind], i) => h(i === 0 ? 'th' : 'td',
		{'data-label': heading, class: kind, role: i === 0 ? 'rowheader' : 'cell', scope: i === 0 && 'row'}, h('div', [parts(row)]));
	const tr = cells => h('tr', {role: 'row'}, cells);
	return h('table', {role: 'table'}, h('caption', caption),
		h('thead', {role: 'rowgroup'}, tr(columns.map(([heading, , kind]) => h('th', {scope: 'col', role: 'columnheader', class: kind}, heading)))),
		h('tbody', {role: 'rowgroup'}, rows.map(row => tr(columns.map(cell(row))))));
}

/* A labelled control; attributes: of the input, or options: [[value, text], …] for a select. */
export function field(label, name, {hint, options, value: now, id = unique('f'), ...attributes} = {}) {
	const common = {id, name, 'aria-describedby': hint && `${id}-hint`, ...attributes};
	return h('div.field', h('label', {for: id}, label), options === undefined ? h('input', {type: 'text', autocomplete: 'off', value: now, ...common})
		: h('select', common, options.map(([v, text]) => h('option', {value: v, selected: v === now}, text))),
	hint && h('p.hint', {id: `${id}-hint`}, hint));
}

export const check = (label, name, value, hint, checked) => {
	const it = field(label, name, {type: 'checkbox', value, hint, checked});
	it.className = 'check';
	return it;
};

/* A form that runs once at a time, and shows in `wrong` what it is refused with. */
export function submits(form, wrong, run) {
	form.addEventListener('submit', async event => {
		event.preventDefault();
		if (form.ariaBusy)
			return;
		form.ariaBusy = 'true';
		wrong.replaceChildren();
		try {
			await run(new FormData(form));
		} catch (error) {
			if (error.message !== '') // Cancelled says nothing
				wrong.replaceChildren(problem(error));
		}
		form.ariaBusy = null;
	});
	return form;
}

export function form(action, run, ...parts) {
	const wrong = h('div', {role: 'alert'});
	return submits(h('form.narrow', parts, wrong, p(h('button.main', action))), wrong, run);
}

/* A JSON value for reading. */
export const json = (v, label) =>
	h('pre', {role: 'region', 'aria-label': label}, typeof v === 'string' ? v : JSON.stringify(v, null, 2));
