/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: made, shown once, and revoked when nothing uses them any more. */
import {all, get, post, remove} from './api.js';
import {ask} from './dialog.js';
import {a, badge, button, check, copy, facts, field, group, h, notice, page, section, table} from './dom.js';
import {base} from './setup.js';
import {link, state} from './state.js';
import {ago, day, distance, since} from './time.js';

const HOUR = 3600000;
const SCOPES = [
  ['scim', 'For an identity provider: people and teams by SCIM.'],
  ['events:read', 'For the application: reads the events.'],
  ['authenticate', 'For the application: checks logins.'],
  ['manage', 'For the account’s own programs: all that this console does. Give it to nobody whom you would not let in here.'],
];
let made = null; // a token just made, as long as its page is shown

const live = (t) => t.state === 'live';
const forClients = (t) => live(t) && t.scopes.split(' ').includes('scim');
const age = (iso) => iso ? Date.now() - Date.parse(iso) : Infinity;

/* Whose the requests were, by the newest of them in the log. */
async function userOf(token) {
  try {
    const {entries} = await get(['log'], {token: token.id, before: 0, limit: 1});
    return entries[0]?.token === token.id ? entries[0].client : null;
  } catch {
    return null;
  }
}

async function revoke(token, tokens) {
  const client = await userOf(token) ?? token.last_agent ?? 'somebody';
  const others = tokens.filter((t) => t.id !== token.id && forClients(t)).length;
  const done = await ask({
    title: `Revoke ${token.name}?`, action: 'Revoke', danger: true,
    parts: [
      h('p', token.last_used ? h('strong', `This revokes the token that ${client} used ${distance(token.last_used)}.`)
        : 'This token was never used.'),
      forClients(token) && h('p', others === 0 ? 'No other token for identity providers is left: provisioning stops at once.'
        : `${others} other live ${others === 1 ? 'token' : 'tokens'} for identity providers ${others === 1 ? 'stays' : 'stay'}.`),
      h('p', 'Whoever uses it is refused from the next request on. It cannot be taken back.'),
      age(token.last_used) < HOUR && field('It is in use. Type its name to revoke it', 'name',
        {required: true, pattern: token.name.replace(/[^\w ]/g, (c) => `\\u{${c.codePointAt(0).toString(16)}}`), title: token.name, autocomplete: 'off'}),
    ],
    run: () => remove(['tokens', token.id]),
  });
  if (done)
    state.refresh();
}

function create() {
  const expiry = [['', 'never'], ['30', 'in 30 days'], ['90', 'in 90 days'], ['180', 'in 180 days'], ['365', 'in a year']];
  return ask({
    title: 'New token', action: 'Make it',
    parts: [
      field('Name', 'name', {required: true, maxlength: 100, autocomplete: 'off', hint: 'Such as the identity provider and the date.'}),
      group('Scopes', SCOPES.map(([scope, words], i) => check(scope, 'scope', scope, i === 0, words))),
      field('Expires', 'expires', {options: expiry, hint: 'Set a reminder to replace it in time: a token that has expired stops provisioning.'}),
    ],
    async run(data) {
      made = await post(['tokens'], {name: data.get('name').trim(), scopes: data.getAll('scope').join(' ') || undefined,
        expires: data.get('expires') === '' ? undefined : Number(data.get('expires'))});
    },
  }).then((done) => done && state.refresh());
}

function once(token) {
  return notice('good', {tabindex: -1}, h('h2', 'Copy the token now: it is not shown again'),
    h('p.value', h('code', token.secret), ' ', copy(token.secret, 'the token')),
    h('p', 'Paste it where the identity provider asks for it: Okta, Provisioning > Integration > Authorization; Entra ID, Secret Token; OneLogin, SCIM Bearer Token; JumpCloud, Token Key. The base URL is ',
      h('code', base), ' ', copy(base, 'the base URL'), '. More at ', a(link('setup'), 'Set up'), '.'));
}

/* Whether an older token can go. */
function hint(token, tokens) {
  const newer = tokens.filter((t) => forClients(t) && t.created > token.created);
  if (!forClients(token) || newer.length === 0)
    return null;
  const used = newer.find((t) => age(t.last_used) < age(token.last_used));
  if (used === undefined)
    return newer.some((t) => t.last_used === null) ? `Paste ${newer.at(-1).name} into the identity provider: it was never used.` : null;
  const last = token.last_used === null ? 'This one was never used' : `This one was last used ${distance(token.last_used)}`;
  return age(token.last_used) < HOUR ? `${last}: wait until only ${used.name} is used.`
    : h('strong', `${last}, ${used.name} ${distance(used.last_used)}: it is safe to revoke this one.`);
}

const looks = {live: ['good', 'Live'], expired: ['warn', 'Expired'], revoked: ['idle', 'Revoked']};

export async function tokens(query) {
  const list = (await all(['tokens'], 'tokens')).sort((x, y) => y.created.localeCompare(x.created));
  const old = query.get('old') === 'true';
  const rows = old ? list : list.filter(live);
  const expires = (t) => [day(t.expires), live(t) && t.expires && age(t.expires) > -14 * 24 * HOUR && [' ', badge('warn', distance(t.expires))]];
  const token = made;
  made = null;
  if (token !== null)
    queueMicrotask(() => setTimeout(() => document.querySelector('.notice[tabindex]')?.focus()));
  return page('Tokens', token !== null && once(token),
    h('p', 'With a token a program proves that it may speak for this account. Several live side by side: make a new one, paste it, and revoke the old one once it is not used any more.'),
    h('p', button('New token', create, {id: 'new', class: 'main'})),
    table(old ? 'All tokens' : 'Live tokens', [
      ['Name', (t) => [h('bdi', t.name), h('div', hint(t, list))]],
      ['State', (t) => badge(...looks[t.state])],
      ['Scopes', (t) => t.scopes],
      ['Last used', (t) => t.last_used === null ? 'never' : [ago(t.last_used),
        t.last_address && h('div.soft', t.last_address), t.last_agent && h('div.soft', t.last_agent)]],
      ['Made', (t) => day(t.created)],
      ['Expires', expires],
      ['Action', (t) => live(t) && button('Revoke', () => revoke(t, list), {class: 'danger plain', id: `revoke-${t.id}`, 'aria-label': `Revoke ${t.name}`})],
    ], rows, 'There is none: without a token nothing can be provisioned. Make one.'),
    list.some((t) => !live(t)) && h('p', a(link('tokens', {old: old ? '' : 'true'}), old ? 'Only those that are live' : 'Also those that are revoked or expired')));
}
