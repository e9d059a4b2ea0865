/* SPDX-License-Identifier: Apache-2.0 */
/* What was done in the console, and who may do it. */
import {get} from './api.js';
import {a, badge, copy, h, json, page, table} from './dom.js';
import {pager} from './list.js';
import {isStaff, link, state} from './state.js';
import {day, when} from './time.js';

export async function audit(query) {
  const {entries, next} = await get(['audit'], {before: query.get('before'), limit: 50});
  return page('Audit', h('p', 'What admins did here, newest first. It cannot be changed.'),
    table('Actions', [
      ['Action', (e) => [h('code', `${e.method} ${e.path}`), (e.body || e.before) && h('details', h('summary', 'Details'),
        e.before && [h('p', 'Before'), json(e.before, 'Before')], e.body && [h('p', 'Sent'), json(e.body, 'Sent')])]],
      ['Result', (e) => e.status === null ? badge('warn', 'not finished') : [badge(e.status < 400 ? 'good' : 'bad', e.status < 400 ? 'Done' : 'Refused'),
        e.code && [' ', a(link('errors', {code: e.code}), h('code', e.code))]]],
      ['Who', (e) => h('bdi', e.admin?.email ?? '–')],
      ['From', (e) => e.address],
      ['Time', (e) => when(e.time)],
    ], entries, 'Nothing was done yet.'), pager('audit', {}, next, 'before'));
}

export async function admins() {
  const {admins: list} = await get(['console-admins']);
  const who = isStaff() ? state.account || '--operator' : state.session.account.slug;
  const command = (what) => {
    const text = `rosterctl console ${what} ${who} name@example.com`;
    return h('p.value', h('code', text), ' ', copy(text, `the command that ${what}s an admin`));
  };
  return page('Admins', table('Who may sign in here', [
    ['E-mail', (x) => [h('bdi', x.email), x.id === state.session.admin.id && ' (you)']],
    ['State', (x) => x.invited ? badge('idle', 'Invited') : badge('good', 'Admin')],
    ['Since', (x) => day(x.created)],
    ['Last signed in', (x) => when(x.signedIn)],
  ], list),
  h('h2', 'Inviting and removing'),
  h('p', 'Only the operator invites and removes admins, on the server. It prints a link that is good for three days and once; it also gives a new password and a new second factor to somebody who has lost them.'),
  command('invite'), command('remove'));
}
