/* SPDX-License-Identifier: Apache-2.0 */
/* Elements. Whatever is put into one is text: nothing that somebody has named himself is ever read as markup. */
import {Unreachable} from './api.js';
import {link} from './state.js';

const SVG = 'http://www.w3.org/2000/svg';
const ADDRESS = /^(\?|#|\.\.\/|blob:|otpauth:\/\/)/; // what an href may be
let serial = 0;

export const unique = (name) => `${name}-${++serial}`;

function fill(node, rest) {
  const [first] = rest;
  if (first !== null && typeof first === 'object' && !(first instanceof Node) && !Array.isArray(first)) {
    for (const [name, value] of Object.entries(first)) {
      if (value === null || value === undefined || value === false || (name === 'href' && !ADDRESS.test(value)))
        continue;
      if (name.startsWith('on'))
        node.addEventListener(name.slice(2), value);
      else
        node.setAttribute(name, value === true ? '' : value);
    }
    rest = rest.slice(1);
  }
  node.append(...rest.flat(Infinity).filter((part) => part !== null && part !== undefined && part !== false));
  return node;
}

/* h('p.note', {title: …}, 'text', node, [more]) */
export function h(what, ...rest) {
  const [tag, ...classes] = what.split('.');
  const node = document.createElement(tag);
  if (classes.length > 0)
    node.className = classes.join(' ');
  return fill(node, rest);
}

export const svg = (tag, ...rest) => fill(document.createElementNS(SVG, tag), rest);

/* What a view gives: its title, which is the only h1, and what follows. */
export const page = (title, ...parts) => ({title, parts: [h('h1', {tabindex: -1}, title), ...parts]});

export const a = (href, ...parts) => h('a', {href}, ...parts);

export function section(title, ...parts) {
  const id = unique('s');
  return h('section', {'aria-labelledby': id}, h('h2', {id}, title), ...parts);
}

/* Says it to everybody: it stands above the page and is read out. */
export function say(...parts) {
  document.getElementById('message').replaceChildren(...parts.flat());
}

export const notice = (kind, ...parts) => h(`div.notice.${kind}`, ...parts);

/* What went wrong, and what to do. */
export function problem(error) {
  if (error instanceof Unreachable)
    return notice('bad', {role: 'alert'}, h('p', h('strong', 'The server cannot be reached.')),
      h('p', 'Check the connection and try again. If others cannot reach it either, tell the operator: identity ',
        'providers try again by themselves, so nothing is lost meanwhile.'));
  if (error.status === undefined) {
    console.error(error);
    return notice('bad', {role: 'alert'}, h('p', h('strong', 'The page has failed.')),
      h('p', 'Load it again; if it stays so, report this to the operator: ', h('code', String(error.message))));
  }
  return notice('bad', {role: 'alert'}, h('p', h('strong', error.message)),
    error.retry > 0 && h('p', `Try again in ${error.retry} seconds.`),
    error.code !== '' && h('p', a(link('errors', {code: error.code}), h('code', error.code)), ': cause and remedy'));
}

export function button(text, act, attributes = {}) {
  return h('button', {type: 'button', onclick: act, ...attributes}, text);
}

/* Copies text; what: said to those who do not see where the button stands. */
export function copy(text, what, label = 'Copy') {
  return button(label, async (event) => {
    const it = event.currentTarget;
    try {
      await navigator.clipboard.writeText(text);
      it.textContent = 'Copied';
      setTimeout(() => (it.textContent = label), 2000);
      say(`Copied: ${what}`);
    } catch {
      say('The browser does not let the page copy: select the text and copy it.');
    }
  }, {class: 'copy', 'aria-label': `${label} ${what}`});
}

/* A value to paste somewhere. */
export const value = (text, what) => h('span.value', h('code', text), ' ', copy(text, what));

/* kind: a CSS class; the sign says the same to those who do not tell colours apart. */
const signs = {good: '✓', bad: '✗', warn: '▲', idle: '○'};
export const badge = (kind, text) => h(`span.badge.${kind}`, h('span', {'aria-hidden': 'true'}, `${signs[kind]} `), text);

/* Pairs of words and what they stand for. */
export function facts(pairs) {
  return h('dl', pairs.filter((p) => p && p[1] !== null && p[1] !== undefined)
    .map(([name, ...what]) => h('div', h('dt', name), h('dd', what))));
}

/*
 * columns: [heading, (row) => parts, class]; the first names the row. Rows become cards on narrow screens, so the roles are
 * named: a table that is no longer laid out as one loses them.
 */
export function table(caption, columns, rows, empty = 'There are none.') {
  if (rows.length === 0)
    return h('p.empty', empty);
  const head = columns.map(([name]) => h('th', {scope: 'col', role: 'columnheader'}, name));
  const body = rows.map((row) => h('tr', {role: 'row'}, columns.map(([name, cell, kind], i) =>
    h(i === 0 ? 'th' : 'td', {'data-label': name, class: kind, role: i === 0 ? 'rowheader' : 'cell', scope: i === 0 && 'row'},
      h('div', [cell(row)])))));
  return h('table', {role: 'table'}, h('caption', {role: 'caption'}, caption), h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, head)),
    h('tbody', {role: 'rowgroup'}, body));
}

/* --- forms --- */

/* A labelled control; attributes: of the input, or options: [[value, text], …] for a select. */
export function field(label, name, {hint, options, value: now, id = unique('f'), ...attributes} = {}) {
  const about = hint === undefined ? undefined : `${id}-hint`;
  const common = {id, name, 'aria-describedby': about, ...attributes};
  const control = options === undefined ? h('input', {type: 'text', value: now, ...common})
    : h('select', common, options.map(([v, text]) => h('option', {value: v, selected: v === (now ?? '')}, text)));
  return h('div.field', h('label', {for: id}, label), control, hint !== undefined && h('p.hint', {id: about}, hint));
}

export function check(label, name, value, checked, hint, type = 'checkbox') {
  const id = unique('f');
  return h('div.check', h('input', {type, id, name, value, checked, 'aria-describedby': hint && `${id}-hint`}),
    h('label', {for: id}, label), hint && h('p.hint', {id: `${id}-hint`}, hint));
}

export const group = (legend, ...parts) => h('fieldset', h('legend', legend), ...parts);

/* The first field that the browser finds wanting gets the focus and the browser's words. */
export function complete(form) {
  return form.reportValidity();
}

/* A JSON value for reading. */
export const json = (v, label) =>
  h('pre', {tabindex: 0, role: 'region', 'aria-label': label}, typeof v === 'string' ? v : JSON.stringify(v, null, 2));
