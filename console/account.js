/* SPDX-License-Identifier: Apache-2.0 */
/* The account itself: its name, whether it is switched on, and its end. */
import {call, get, patch} from './api.js';
import {ask} from './dialog.js';
import {badge, button, facts, field, h, page, say, section} from './dom.js';
import {isStaff, search, state} from './state.js';
import {ago, count, distance, number, since} from './time.js';

const where = (slug) => isStaff() ? ['accounts', slug] : ['account'];
const again = (text) => (done) => {
  if (done) {
    say(text);
    state.refresh();
  }
};

const rename = (it) => ask({
  title: 'Rename the account', action: 'Rename',
  parts: field('Name', 'name', {value: it.name, required: true, maxlength: 200, autocomplete: 'off'}),
  run: (data) => patch(where(it.slug), {name: data.get('name').trim()}),
}).then(again('The account is renamed.'));

const people = (it) => `${count(it.users, 'user')}, ${number(it.active)} of them active, and ${count(it.teams, 'team')}`;

const suspend = (it, o) => ask({
  title: `Suspend ${it.name}?`, action: 'Suspend', danger: true,
  parts: [
    h('p', h('strong', `This stops the provisioning of ${people(it)}.`), o.lastRequest ? ` ${o.client ?? 'An identity provider'} was here ${distance(o.lastRequest)}.` : ''),
    h('p', 'Every token is refused with ACCOUNT_SUSPENDED until the operator ends it; what identity providers give up meanwhile is not sent again by itself.'),
  ],
  run: () => patch(where(it.slug), {status: 'suspended'}),
}).then(again('The account is suspended.'));

const resume = (it) => ask({
  title: `Resume ${it.name}?`, action: 'Resume',
  parts: h('p', `Identity providers may change ${people(it)} again.`),
  run: () => patch(where(it.slug), {status: 'active'}),
}).then(again('The account is active.'));

/* It takes several requests: nobody has access from the first on. */
async function removeAll(slug) {
  while (await call('DELETE', ['accounts', slug], {query: {confirm: slug}, stays: true}) !== null)
    await new Promise((resolve) => setTimeout(resolve, 1100));
}

async function end(it, o) {
  const done = await ask({
    title: `Remove ${it.name} for ever?`, action: 'Remove for ever', danger: true,
    parts: [
      h('p', h('strong', `This deletes ${people(it)}, with all tokens, roles, events and the sync log.`), ' It cannot be taken back.'),
      o.lastRequest && h('p', `${o.client ?? 'An identity provider'} was here `, ago(o.lastRequest), '.'),
      field('Type the account’s short name to remove it', 'slug', {required: true, pattern: it.slug, title: it.slug, autocomplete: 'off'}),
    ],
    run: () => removeAll(it.slug),
  });
  if (done) {
    await state.go(search({view: 'accounts'}));
    say(`${it.name} is removed.`);
  }
}

export async function settings() {
  const [it, o] = await Promise.all([get(['account']), get(['overview']).catch(() => ({}))]);
  const on = it.status === 'active';
  return page('Account',
    facts([
      ['Name', h('bdi', it.name)], ['Short name', h('code', it.slug)],
      ['State', badge(on ? 'good' : 'warn', on ? 'Active' : 'Suspended')],
      ['Holds', people(it)], ['Since', since(it.created)],
    ]),
    h('p.buttons', button('Rename', () => rename(it), {id: 'rename', class: 'plain'})),
    section('Switching off', h('p', on ? 'While it is suspended all tokens are refused; only the operator ends that.' : 'All tokens are refused.'),
      on ? h('p', button('Suspend…', () => suspend(it, o), {id: 'suspend', class: 'danger'}))
        : isStaff() ? h('p', button('Resume…', () => resume(it), {id: 'resume'})) : h('p', 'Ask the operator to end it.')),
    isStaff() && section('The end', h('p', 'Removing deletes everything. Export what is to be kept first.'),
      h('p', button('Remove for ever…', () => end(it, o), {id: 'end', class: 'danger'}))));
}
