/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: what an action will change, in numbers, before it is done; and whether it is still the admin who asks. */
import {Refusal, call} from './api.js';
import {field, h, p, say, strong, submits, unique} from './dom.js';
import {state} from './state.js';

/*
 * Shows what will happen; run(form data) does it, and what it throws is shown. type: a word to be typed first. said: is said
 * afterwards, when the page is shown anew. True: it was done.
 */
export function ask({title, parts = [], action, danger, type, run, said}) {
	const dialog = document.getElementById('dialog').content.firstElementChild.cloneNode(true);
	const [form, heading, wrong, go, cancel] = ['form', 'h2', '.wrong', '.do', '.cancel'].map(s => dialog.querySelector(s));
	let done = false;

	heading.id = unique('d');
	heading.textContent = title;
	dialog.setAttribute('aria-labelledby', heading.id);
	dialog.querySelector('.parts').append(h('div', [parts, type && field(`Type ${type} to go on`, 'typed', {required: true})]));
	go.textContent = action;
	go.classList.add(danger ? 'danger' : 'main');
	cancel.autofocus = danger && form.querySelector('input, select') === null;
	cancel.addEventListener('click', () => dialog.close());
	submits(form, wrong, async data => {
		if (type && data.get('typed').trim() !== type)
			throw new Refusal(0, `That is not “${type}”.`);
		await run(data);
		done = true;
		dialog.close();
	});
	document.body.append(dialog);
	dialog.showModal();
	return new Promise(resolve => dialog.addEventListener('close', async () => {
		dialog.remove();
		if (done && said) {
			await state.refresh();
			say(said);
		}
		resolve(done);
	}));
}

/* Password and code, as signing in and confirming ask for them. */
export const proof = () => [
	field('Password', 'password', {type: 'password', autocomplete: 'current-password', required: true}),
	field('Code', 'code', {autocomplete: 'one-time-code', required: true,
		hint: 'Six digits from your authenticator app, or a recovery code. Each is taken once.'}),
];

export const proofOf = data => ({password: data.get('password'), code: data.get('code').replace(/\s/g, '')});

let open = null;

/* Asks for password and code; several requests that need it share one question. */
state.confirm = () => open ??= ask({
	title: 'Confirm that it is you', action: 'Confirm',
	parts: [p('Tokens, policy and whatever takes something away ask for that, every five minutes. Signed in as ', strong(state.session?.admin.email), '.'),
		h('input', {type: 'email', autocomplete: 'username', value: state.session?.admin.email, readonly: true, hidden: true}), proof()],
	async run(data) {
		state.session = await call('POST', ['session', 'confirm'], {body: proofOf(data), own: true});
	},
}).finally(() => (open = null));
