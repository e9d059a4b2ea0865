/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting an identity provider: what to paste where, and a check-list that ticks itself. */
import {get} from './api.js';
import {a, badge, copy, h, notice, page, say, section, table, value} from './dom.js';
import {mapping, providers, steps} from './providers.js';
import {every, link} from './state.js';
import {ago, since} from './time.js';

export const base = new URL('../scim/v2', document.baseURI).href;
const POLL_MS = 5000;

const known = {okta: 'okta', 'entra id': 'entra', onelogin: 'onelogin', jumpcloud: 'jumpcloud'};

function shown(which, label) {
  switch (which) {
  case 'base':
    return value(base, label);
  case 'entra':
    return value(`${base}?aadOptscim062020`, label);
  case 'token':
    return h('span', a(link('tokens'), 'a token'), ' of the scope scim: it is shown once, when it is made');
  default:
    return value(which, label);
  }
}

const step = ([text, ...values]) => h('li', h('p', text), values.length > 0 &&
  h('dl.paste', values.map(([label, which]) => h('div', h('dt', label), h('dd', shown(which, label))))));

/* --- the check-list --- */

function line(seen, provider) {
  const [title, hint] = steps[seen.step] ?? [seen.step, ''];
  return h('li', {class: seen.first ? 'seen' : 'missing'},
    h('p', badge(seen.first ? 'good' : 'idle', title)),
    h('p.soft', seen.first ? ['first ', ago(seen.first), seen.last && seen.last !== seen.first ? [', last ', ago(seen.last)] : '']
      : provider.missing[seen.step] ?? hint));
}

function checklist(first, provider) {
  const list = h('ol.checklist');
  const last = h('p.soft');
  let seen = new Set(first.checklist.filter((s) => s.first).map((s) => s.step));
  let trouble = false;

  function put(o) {
    const news = o.checklist.filter((s) => s.first && !seen.has(s.step));
    seen = new Set(o.checklist.filter((s) => s.first).map((s) => s.step));
    list.replaceChildren(...o.checklist.map((s) => line(s, provider)));
    last.replaceChildren('Last request: ', ...[since(o.lastRequest)].flat(), ...o.state === 'failing' ? [' – ', a(link('log', {failed: 'true'}), 'requests are refused: see why')] : []);
    if (news.length > 0)
      say(h('strong', 'Arrived: '), news.map((s) => steps[s.step]?.[0] ?? s.step).join(', '), '.',
        o.checklist.every((s) => s.first) ? ' The check-list is complete.' : '');
  }
  put(first);
  every(POLL_MS, async () => {
    try {
      put(await get(['overview'], {}, {background: true}));
      if (trouble)
        say();
      trouble = false;
    } catch (error) {
      if (!trouble && error.name !== 'AbortError' && !/^SESSION_/.test(error.code ?? ''))
        say('The check-list cannot be brought up to date now; it goes on by itself.');
      trouble = true;
    }
  });
  return [h('p.soft', 'It ticks itself from what really arrives.'), list, last];
}

/* --- the page --- */

export async function setup(query) {
  const o = await get(['overview']);
  const chosen = query.get('idp') ?? known[(o.client ?? '').toLowerCase()] ?? 'okta';
  const name = Object.hasOwn(providers, chosen) ? chosen : 'other';
  const provider = providers[name];
  const rows = mapping.filter(([, , by]) => name !== 'jumpcloud' || by.onelogin !== 'cannot be sent');
  return page('Set up',
    h('nav.tabs', {'aria-label': 'Identity provider'}, h('ul', Object.entries(providers).map(([id, p]) =>
      h('li', h('a', {id: `idp-${id}`, href: link('setup', {idp: id}), 'aria-current': id === name ? 'true' : null}, p.name))))),
    !base.startsWith('https:') && notice('warn', h('p', 'This address is not https: identity providers in the cloud want https, and a name that they can reach.')),
    h('div.columns',
      h('div',
        section(`${provider.name}: what to do`, h('ol.steps', provider.steps.map(step))),
        section('What to map', table('Attributes', [
          ['Attribute', (m) => h('code', m[0])],
          ...name in rows[0][2] ? [[`In ${provider.name}`, (m) => m[2][name] ?? '–']] : [],
          ['What it must be', (m) => m[1]],
        ], rows), h('p.soft', 'The ids of custom roles are at ', a(link('types'), 'Types and roles'), '.')),
        section('What to know', h('ul', provider.warnings.map((w) => h('li', w)))),
        section('At the end', h('p', 'Do a test deactivation now: unassign a person who may lose access for a minute, see the line tick, and assign the person again.'))),
      h('div', h('div.aside', section('Check-list', o.checklist ? checklist(o, provider) : h('p', 'It is not available.'))))),
    h('p.soft', 'The address of everything: ', h('code', base), ' ', copy(base, 'the base URL')));
}
