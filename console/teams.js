/* SPDX-License-Identifier: Apache-2.0 */
/* Teams, who is in them and who put them there; and the membership of before a replacement. */
import {gather, get, pages, post} from './api.js';
import {ask} from './dialog.js';
import {a, button, copy, facts, field, h, notice, page, say, section, table} from './dom.js';
import {chosen, exporter, filters, pager} from './list.js';
import {link, state} from './state.js';
import {count, number, since, when} from './time.js';

export async function teams() {
  const query = chosen('q');
  const {found, next} = await gather(['teams'], {...query, after: state.query.get('after') ?? ''}, 'teams');
  return page('Teams',
    filters('teams', field('Name', 'q', {value: query.q, type: 'search', id: 'q'})),
    table('Teams', [
      ['Team', (t) => a(link('team', {id: t.id}), h('bdi', t.displayName))],
      ['Members', (t) => number(t.members), 'n'],
      ['Created', (t) => when(t.created)],
      ['Changed', (t) => when(t.modified)],
    ], found, query.q !== '' ? 'No team is called like that.'
      : ['There is no team yet. They come when groups are pushed: ', a(link('setup'), 'set it up'), '.']),
    pager('teams', query, next),
    exporter('teams', ['id', 'displayName', 'members', 'created', 'modified'], () => pages(['teams'], query, 'teams')));
}

async function restore(team) {
  const {members, added, removed, time} = team.former;
  const done = await ask({
    title: `Restore the members of ${team.displayName}?`, action: 'Restore', danger: removed > 0,
    parts: [
      h('p', h('strong', `This adds ${count(added, 'person', 'people')} to ${team.displayName} and removes ${count(removed, 'person', 'people')} from it.`)),
      h('p', `The team then has its ${count(members, 'member')} of before `, when(time), '. The identity provider does not know: its next push may change them again.'),
    ],
    run: () => post(['teams', team.id, 'restore']),
  });
  if (done) {
    say('The former members are restored.');
    state.refresh();
  }
}

const by = {token: 'the identity provider', operator: 'the operator', console: 'an admin, in the console'};

export async function team(query) {
  const path = ['teams', query.get('id') ?? ''];
  const [{found, next, page: t}, tokens] = await Promise.all([
    gather(path, {after: query.get('after') ?? ''}, 'members'),
    get(['tokens'], {limit: 1000}).then((list) => list.tokens, () => [])]);
  const names = Object.fromEntries(tokens.map((k) => [k.id, k.name]));
  const total = t.count ?? t.members_total;
  const who = ({added}) => added === null || added === undefined ? h('span.soft', 'not known')
    : added.type === 'token' && names[added.id] ? ['the token ', h('bdi', names[added.id])] : by[added.type] ?? added.type;
  return page(t.displayName,
    facts([
      ['Members', total === undefined ? null : number(total)],
      ['Id', h('code', t.id), ' ', copy(t.id, 'the id')],
      ['Created', since(t.created)], ['Changed', since(t.modified)],
    ]),
    t.former && notice('warn', h('p', 'A pushed group took this team over: the ', count(t.former.members, 'member'), ' of before ',
      when(t.former.time), ' can be restored.'), h('p', button('Restore the former members', () => restore(t), {id: 'restore'}))),
    section('Members', table('Members', [
      ['Member', (m) => a(link('user', {id: m.id}), h('bdi', m.displayName ?? m.id))],
      ['Since', (m) => when(m.since, '–')],
      ['Added by', who],
    ], found, 'Nobody is in it.'), pager('team', {id: t.id}, next),
    exporter('members', ['id', 'displayName', 'since', 'added'], () => pages(path, {}, 'members'))),
    h('p', a(link('log', {user: t.id}), 'What happened to this team'), ' · ', a(link('teams'), '« Teams')));
}
