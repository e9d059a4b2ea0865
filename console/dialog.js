/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: what an action will change, in numbers, before it is done; and whether it is still the admin who asks. */
import {Cancelled, call} from './api.js';
import {complete, field, h, problem, unique} from './dom.js';
import {state} from './state.js';

/*
 * Shows what will happen; run(form data) does it, and what it throws is shown in the dialog. True: it was done.
 */
export function ask({title, parts = [], action, danger = false, run}) {
  const dialog = document.getElementById('dialog').content.firstElementChild.cloneNode(true);
  const [form, wrong, act, cancel] = ['form', '.wrong', '.do', '.cancel'].map((s) => dialog.querySelector(s));
  const heading = dialog.querySelector('h2');
  let done = false;
  let busy = false;

  heading.id = unique('d');
  heading.textContent = title;
  dialog.setAttribute('aria-labelledby', heading.id);
  dialog.querySelector('.parts').append(...[parts].flat(Infinity).filter(Boolean));
  act.textContent = action;
  act.classList.toggle('danger', danger);
  if (danger && form.querySelector('input, select') === null)
    cancel.autofocus = true;
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('cancel', (event) => busy && event.preventDefault());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy || !complete(form))
      return;
    busy = true;
    form.setAttribute('aria-busy', 'true');
    wrong.replaceChildren();
    try {
      await run(new FormData(form));
      done = true;
      dialog.close();
    } catch (error) {
      if (!(error instanceof Cancelled))
        wrong.replaceChildren(problem(error));
    }
    busy = false;
    form.removeAttribute('aria-busy');
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(done);
  }));
}

/* Password and code, as signing in and confirming ask for them. */
export const proof = () => [
  field('Password', 'password', {type: 'password', autocomplete: 'current-password', required: true, maxlength: 1024}),
  field('Code', 'code', {autocomplete: 'one-time-code', required: true, maxlength: 40, spellcheck: 'false',
    autocapitalize: 'off', hint: 'Six digits from your authenticator app, or a recovery code. Each code is taken once.'}),
];

let open = null;

/* Asks for password and code; several requests that need it share one question. */
export function confirm() {
  open ??= ask({
    title: 'Confirm that it is you',
    parts: [h('p', 'Tokens, policy and whatever takes something away ask again; it then counts for five minutes.'),
      h('p', 'Signed in as ', h('strong', state.session?.admin.email ?? ''), '.'),
      h('input', {type: 'email', autocomplete: 'username', value: state.session?.admin.email, readonly: true, hidden: true}),
      ...proof()],
    action: 'Confirm',
    async run(data) {
      state.session = await call('POST', ['session', 'confirm'],
        {body: {password: data.get('password'), code: data.get('code').replace(/\s/g, '')}, own: true});
    },
  }).finally(() => (open = null));
  return open;
}
