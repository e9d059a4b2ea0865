/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the account, each with what it means, what it can be and what it is by default. */
import {get, patch} from './api.js';
import {ask} from './dialog.js';
import {badge, button, complete, field, h, page, say, section} from './dom.js';
import {state} from './state.js';
import {number} from './time.js';

const GROUPS = [
  ['People', /^(username|email|name|check|user|default)_/], ['Teams and restoring', /^(team|restore|last)_/], ['Seats', /^seat_/], ['Sync log', /^log_/],
];
const isWords = (allowed) => allowed.every((word) => !word.includes('..'));

function control(name, s) {
  const changed = s.value !== s.default;
  const hint = [`${s.meaning}. `, isWords(s.allowed) ? '' : `${s.allowed.join(', ').replaceAll('..', ' to ')}. `, `Default: ${s.default}.`, changed ? [' ', badge('warn', 'changed')] : ''];
  return field(name, name, {id: `p-${name}`, value: s.value, hint, maxlength: 40, required: true, autocomplete: 'off',
    options: isWords(s.allowed) ? s.allowed.map((word) => [word, word]) : undefined});
}

async function consequences(changes) {
  const names = changes.map(([name]) => name);
  const out = [];
  if (names.some((n) => /^seat_/.test(n))) {
    const seats = await get(['seats']);
    out.push(h('p', `${number(seats.used)} of ${seats.limit === null ? 'any number of' : number(seats.limit)} seats are taken now. Nobody loses a seat; with fewer seats than are taken further people are refused.`));
  }
  if (names.some((n) => /^(default_type|user_types)$/.test(n))) {
    const account = await get(['account']);
    out.push(h('p', `It counts at once for those of the ${number(account.users)} users for whom nothing names a type.`));
  }
  if (names.includes('log_days') || names.includes('log_entries'))
    out.push(h('p', 'Entries of the sync log beyond the new limit are gone for good.'));
  if (names.includes('restore_days'))
    out.push(h('p', 'Deleted users who are kept longer than that can no longer be restored.'));
  return out;
}

async function store(event, settings) {
  const form = event.currentTarget;
  event.preventDefault();
  if (!complete(form))
    return;
  const changes = [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([name, value]) => value !== settings[name].value);
  if (changes.length === 0) {
    say('Nothing is changed.');
    return;
  }
  const done = await ask({
    title: changes.length === 1 ? 'Change a setting?' : `Change ${changes.length} settings?`, action: 'Change',
    parts: [h('ul', changes.map(([name, value]) => h('li', h('code', name), `: ${settings[name].value} → `, h('strong', value)))), await consequences(changes)],
    run: () => patch(['policy'], Object.fromEntries(changes)),
  });
  if (done) {
    say('The policy is changed.');
    state.refresh();
  }
}

async function preset(now, name, settings) {
  const changed = Object.values(settings).filter((s) => s.value !== s.default).length;
  const done = await ask({
    title: `Set everything to ${name}?`, action: 'Set', danger: true,
    parts: h('p', now === name ? `This takes back ${changed} settings that differ from ${name}.`
      : `This sets all ${Object.keys(settings).length} settings to what ${name} says, also the ${changed} that you have changed.`),
    run: () => patch(['policy'], {preset: name}),
  });
  if (done)
    state.refresh();
}

export async function policy() {
  const {preset: now, settings} = await get(['policy']);
  const names = Object.keys(settings);
  const of = (name) => GROUPS.findIndex(([, pattern]) => pattern.test(name));
  return page('Policy',
    h('p', 'The rules of this account; the preset is ', h('strong', now), '.'),
    h('form.policy', {novalidate: true, onsubmit: (event) => store(event, settings)},
      [...GROUPS, ['Other', null]].map(([title], i) => section(title,
        h('div.grid', names.filter((n) => of(n) === (i < GROUPS.length ? i : -1)).map((n) => control(n, settings[n]))))),
      h('p.buttons', h('button', {id: 'save', class: 'main'}, 'Change the policy…'))),
    section('Presets', h('p', 'workspace: as a product for teams wants it. rfc: what SCIM says and no more.'),
      h('p.buttons', ['workspace', 'rfc'].map((name) => [button(`Set all to ${name}…`, () => preset(now, name, settings), {id: name, class: 'plain'}), ' ']))));
}
