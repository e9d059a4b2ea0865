/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in; and taking an invitation: a second factor, a password, recovery codes. */
import {Refusal, post} from './api.js';
import {proof, proofOf} from './dialog.js';
import {a, button, code, copy, field, form, h, name, notice, p, page, section, strong, svg, value} from './dom.js';
import {save} from './list.js';
import {state} from './state.js';
import {when} from './time.js';

export const signin = query => page('Sign in', form('Sign in', async data => {
	state.enter(await post(['session'], {account: data.get('account').trim().toLowerCase() || undefined, email: data.get('email').trim(), ...proofOf(data)}));
	await (query.get('view') === 'signin' ? state.go('?', true) : state.refresh());
}, field('Account', 'account', {value: query.get('account'), autocomplete: 'organization', autocapitalize: 'off',
	hint: 'Its short name, such as acme. The operator’s own staff leave it empty.'}),
field('E-mail address', 'email', {type: 'email', autocomplete: 'username', required: true}), proof()),
h('p.soft', 'No password yet, or telephone and recovery codes lost? The operator of this server sends you an invitation.'));

/* '1' is dark; white around it in every colour scheme, or telephones do not read it. */
function qr(rows) {
	const size = rows.length + 8;
	const d = rows.flatMap((row, y) => [...row].map((module, x) => module === '1' ? `M${x + 4} ${y + 4}h1v1h-1z` : '')).join('');
	return svg('svg', {class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': 'QR code of the secret below', 'shape-rendering': 'crispEdges'},
		svg('rect', {width: size, height: size, fill: '#fff'}), svg('path', {d, fill: '#000'}));
}

function recovery(codes, email) {
	const text = codes.join('\n');
	return page('Keep your recovery codes',
		p('Each signs you in once, in place of a code of your app. They are shown only now: keep them where you keep passwords.'),
		h('ol.codes', codes.map(c => h('li', code(c)))),
		h('p.buttons', copy(text, 'all recovery codes'), button('Download', () =>
			save('recovery-codes.txt', 'text/plain', [`Recovery codes of ${email} at ${location.host}\n\n${text}\n`]), {class: 'copy'})),
		p(h('a.button', {href: '?'}, 'I have kept them: go on')));
}

/* The secret stands behind '#', which no server sees, and goes out of the address at once. */
let invitation = '';

export async function welcome() {
	invitation = location.hash.slice(1) || invitation;
	history.replaceState(null, '', '?view=welcome');
	if (invitation === '')
		return page('The invitation is missing', p('Open the whole link that you were sent, up to its end; if you have taken it, ', a('?view=signin', 'sign in'), '.'));
	const told = await post(['invitation'], {invitation});
	const take = form('Become an admin', async data => {
		if (data.get('password') !== data.get('again'))
			throw new Refusal(0, 'The two passwords differ: type the same one twice.');
		const made = await post(['invitation', 'accept'], {invitation, ...proofOf(data)});
		invitation = '';
		state.enter(made.session);
		const kept = recovery(made.recoveryCodes, told.email);
		document.title = kept.title;
		document.getElementById('view').replaceChildren(...kept.parts);
		document.querySelector('h1').focus();
	}, h('input', {type: 'email', autocomplete: 'username', value: told.email, readonly: true, hidden: true}),
	field('Password', 'password', {type: 'password', autocomplete: 'new-password', required: true,
		hint: 'At least 8 characters, not a common one, not your own name.'}),
	field('Password, once more', 'again', {type: 'password', autocomplete: 'new-password', required: true}),
	field('Code', 'code', {autocomplete: 'one-time-code', inputmode: 'numeric', required: true, hint: 'The six digits that the app shows now.'}));
	return page('Welcome',
		state.session !== null && notice('warn', p('You are signed in as ', name(state.session.admin.email), ': this signs you in anew.')),
		p('You become an admin of ', told.account === null ? 'all accounts of this server' : strong(told.account.name),
			' as ', strong(told.email), '. The link is good until ', when(told.expires), '.'),
		section('1. Your second factor',
			p('Scan this with an authenticator app:'), qr(told.qr),
			p('Or type the secret: ', value(told.secret.replace(/(.{4})(?=.)/g, '$1 '), 'the secret')),
			p('On the telephone itself: ', a(told.uri, 'open the app'))),
		section('2. Your password', take));
}
