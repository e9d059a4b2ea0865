/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in; and taking an invitation: a password, a second factor, recovery codes. */
import {post} from './api.js';
import {proof} from './dialog.js';
import {a, complete, copy, field, h, notice, page, problem, section, svg, value} from './dom.js';
import {save} from './list.js';
import {state} from './state.js';
import {when} from './time.js';

/* A form that runs once at a time and shows what it is refused with. */
function form(act, run, ...parts) {
  const wrong = h('div', {role: 'alert'});
  let busy = false;
  return h('form.narrow', {
    novalidate: true,
    async onsubmit(event) {
      const it = event.currentTarget;
      event.preventDefault();
      if (busy || !complete(it))
        return;
      busy = true;
      it.setAttribute('aria-busy', 'true');
      wrong.replaceChildren();
      try {
        await run(new FormData(it));
      } catch (error) {
        wrong.replaceChildren(problem(error));
      }
      busy = false;
      it.removeAttribute('aria-busy');
    },
  }, parts, wrong, h('p', h('button', act)));
}

export async function signin(query) {
  const email = field('E-mail address', 'email', {type: 'email', autocomplete: 'username', required: true, maxlength: 200});
  return page('Sign in', form('Sign in', async (data) => {
    state.enter(await post(['session'], {
      account: data.get('account').trim().toLowerCase() || undefined, email: data.get('email').trim(),
      password: data.get('password'), code: data.get('code').replace(/\s/g, ''),
    }));
    await (state.query.get('view') === 'signin' ? state.go('?', true) : state.refresh());
  }, field('Account', 'account', {value: query.get('account') ?? '', autocomplete: 'organization', autocapitalize: 'off', spellcheck: 'false',
    maxlength: 40, hint: 'Its short name, such as acme. The operator’s own staff leave it empty.'}), email, proof()),
  h('p.soft', 'No password yet? The operator of this server sends you an invitation, a link that is good for three days. ',
    'Lost your telephone? Sign in with one of your recovery codes, or ask for a new invitation.'));
}

/* Rows of modules, '1' is dark; white around it in every colour scheme, or telephones do not read it. */
function qr(rows) {
  const size = rows.length + 8;
  let d = '';
  rows.forEach((row, y) => [...row].forEach((module, x) => {
    if (module === '1')
      d += `M${x + 4} ${y + 4}h1v1h-1z`;
  }));
  return svg('svg', {class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': 'QR code of the secret below', 'shape-rendering': 'crispEdges'},
    svg('rect', {width: size, height: size, fill: '#fff'}), svg('path', {d, fill: '#000'}));
}

function recovery(codes, email) {
  const text = `${codes.join('\n')}\n`;
  return page('Keep your recovery codes',
    h('p', 'Each of these signs you in once, in place of a code of your app. They are shown only now: keep them where you keep passwords.'),
    h('ol.codes', codes.map((code) => h('li', h('code', code)))),
    h('p.buttons', copy(text, 'all recovery codes'), ' ', h('button', {type: 'button', class: 'copy', onclick() {
      save('recovery-codes.txt', 'text/plain', `Recovery codes of ${email} for ${location.origin}\n\n${text}`);
    }}, 'Download')),
    h('p', h('a.button', {href: '?'}, 'I have kept them: go on')));
}

/* The secret stands behind '#', which no server sees, and goes out of the address at once. */
let invitation = '';

export async function welcome() {
  invitation = location.hash.slice(1) || invitation;
  history.replaceState(null, '', '?view=welcome');
  if (invitation === '')
    return page('An invitation is missing', h('p', 'Open the whole link that you were sent, up to its end.'),
      h('p', 'Were you here before? Then it was taken: ', a('?view=signin', 'sign in'), '.'));
  const told = await post(['invitation'], {invitation});
  const view = page('Welcome',
    h('p', 'You become an admin of ', told.account === null ? 'all accounts of this server' : h('strong', h('bdi', told.account.name)),
      ' as ', h('strong', h('bdi', told.email)), '. This link is good until ', when(told.expires), '.'),
    section('1. Your second factor',
      h('p', 'Scan this with an authenticator app, such as Aegis, Google Authenticator, Microsoft Authenticator or 1Password.'),
      qr(told.qr),
      h('p', 'Or type the secret: ', value(told.secret.replace(/(.{4})(?=.)/g, '$1 '), 'the secret')),
      h('p', 'On the telephone itself: ', a(told.uri, 'open it in the app'), '.')),
    section('2. Your password',
      form('Become an admin', async (data) => {
        if (data.get('password') !== data.get('again'))
          throw Object.assign(new Error('The two passwords differ: type the same one twice.'), {status: 0, code: ''});
        const made = await post(['invitation', 'accept'], {
          invitation, password: data.get('password'), code: data.get('code').replace(/\s/g, '')});
        invitation = '';
        state.enter(made.session);
        const codes = recovery(made.recoveryCodes, told.email);
        document.getElementById('view').replaceChildren(...codes.parts);
        document.title = codes.title;
        document.querySelector('h1').focus();
      },
      h('input', {type: 'email', autocomplete: 'username', value: told.email, readonly: true, hidden: true}),
      field('Password', 'password', {type: 'password', autocomplete: 'new-password', required: true, maxlength: 1024,
        hint: 'At least 8 characters, not a common one, not your own name. A sentence is good.'}),
      field('Password, once more', 'again', {type: 'password', autocomplete: 'new-password', required: true, maxlength: 1024}),
      field('Code', 'code', {autocomplete: 'one-time-code', inputmode: 'numeric', required: true, maxlength: 12,
        hint: 'The six digits that the app shows now.'}))));
  return state.session === null ? view : {...view, parts: [view.parts[0], notice('warn', h('p',
    'You are signed in as ', h('bdi', state.session.admin.email), ': taking this invitation signs you in anew.')), ...view.parts.slice(1)]};
}
