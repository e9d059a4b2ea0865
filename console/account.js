/* SPDX-License-Identifier: Apache-2.0 */
/* The account itself: its name, whether it is switched on, and its end. */
import {call, get, patch} from './api.js';
import {ask} from './dialog.js';
import {badge, button, code, facts, field, h, name, p, page, say, section, strong} from './dom.js';
import {isStaff, search, state} from './state.js';
import {count, distance, number, since} from './time.js';

const where = (it) => isStaff() ? ['accounts', it.slug] : ['account'];
const holds = (it) => `${count(it.users, 'user')}, ${number(it.active)} of them active, and ${count(it.teams, 'team')}`;
const seen = (o) => o.lastRequest ? p(`${o.client ?? 'An identity provider'} was here ${distance(o.lastRequest)}.`) : p('No identity provider was ever here.');

const rename = (it) => ask({
	title: 'Rename the account', action: 'Rename', said: 'The account is renamed.', parts: field('Name', 'name', {value: it.name, required: true, maxlength: 200}),
	run: (data) => patch(where(it), {name: data.get('name').trim()}),
});

const suspend = (it, o) => ask({
	title: `Suspend ${it.name}?`, action: 'Suspend', danger: true, said: 'The account is suspended.',
	parts: [p(strong(`This stops the provisioning of ${holds(it)}.`)), seen(o),
		p('Every token is refused with ACCOUNT_SUSPENDED until the operator ends it; what identity providers give up meanwhile does not come by itself.')],
	run: () => patch(where(it), {status: 'suspended'}),
});

const resume = (it) => ask({
	title: `Resume ${it.name}?`, action: 'Resume', said: 'The account is active.', parts: p(`Identity providers may change ${holds(it)} again.`),
	run: () => patch(where(it), {status: 'active'}),
});

async function end(it, o) {
	const done = await ask({
		title: `Remove ${it.name} for ever?`, action: 'Remove for ever', danger: true, type: it.slug,
		parts: [p(strong(`This deletes ${holds(it)}, with all tokens, roles, events, admins and logs.`), ' It cannot be taken back.'), seen(o)],
		async run() { // nobody has access from the first request on; the last has no more to do
			while (await call('DELETE', ['accounts', it.slug], {query: {confirm: it.slug}}) !== null)
				await new Promise((resolve) => setTimeout(resolve, 1100));
		},
	});
	if (done) {
		await state.go(search({view: 'accounts'}));
		say('The account is removed.');
	}
}

export async function settings() {
	const [it, o] = await Promise.all([get(['account']), get(['overview'])]);
	const on = it.status === 'active';
	return page('Account',
		facts(['Name', name(it.name)], ['Short name', code(it.slug)], ['State', badge(on ? 'good' : 'warn', on ? 'Active' : 'Suspended')],
			['Holds', holds(it)], ['Since', since(it.created)]),
		p(button('Rename…', () => rename(it), {id: 'rename'})),
		section('Switching off', p('While it is suspended all tokens are refused. Only the operator ends that.'),
			p(on ? button('Suspend…', () => suspend(it, o), {id: 'suspend', class: 'danger'}) : isStaff() && button('Resume…', () => resume(it), {id: 'resume'}))),
		isStaff() && section('Removing', p('It deletes everything: export first what is to be kept.'), p(button('Remove for ever…', () => end(it, o), {id: 'end', class: 'danger'}))));
}
