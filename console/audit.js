/* SPDX-License-Identifier: Apache-2.0 */
/* What was done in the console, and who may do it. */
import {get} from './api.js';
import {badge, code, codeLink, h, json, name, p, page, section, table, value} from './dom.js';
import {pager, place} from './list.js';
import {isStaff, state} from './state.js';
import {day, when} from './time.js';

const part = (title, v) => v && [p(title), json(v, title)];

export async function audit() {
	const {entries, next} = await get(['audit'], {...place('before'), limit: 50});
	return page('Audit', p('What admins did here, newest first. Nobody can change it.'),
		table('Actions', [
			['Action', (e) => [code(`${e.method} ${e.path}`), (e.body || e.before) && h('details', h('summary', 'Details'), part('Before', e.before), part('Sent', e.body))]],
			['Result', (e) => [e.status === null ? badge('warn', 'Not finished') : e.status < 400 ? badge('good', 'Done') : badge('bad', 'Refused'), ' ', e.code && codeLink(e.code)]],
			['Who', (e) => name(e.admin?.email ?? '–')], ['From', (e) => e.address], ['Time', (e) => when(e.time)],
		], entries, 'Nothing was done yet.'), pager('audit', {}, next, 'before'));
}

export async function admins() {
	const {admins: list} = await get(['console-admins']);
	const who = isStaff() ? state.account || '--operator' : state.session.account.slug;
	return page('Admins', table('Who may sign in', [
		['E-mail', (x) => [name(x.email), x.id === state.session.admin.id && ' (you)']], ['State', (x) => x.invited ? badge('idle', 'Invited') : badge('good', 'Admin')],
		['Since', (x) => day(x.created)], ['Last signed in', (x) => when(x.signedIn)],
	], list, 'Nobody.'),
	section('Inviting and removing',
		p('Only the operator does that, on the server. An invitation is a link that is good for three days, and once; for an admin it means a new password and a new second factor. Who is removed is signed out at once.'),
		['invite', 'remove'].map((what) => p(value(`rosterctl console ${what} ${who} name@example.com`, `the command to ${what} an admin`)))));
}
