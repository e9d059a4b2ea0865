/* SPDX-License-Identifier: Apache-2.0 */
/* The frame: which page is shown, how one gets to another, and what is around it. */
import {Cancelled, Unreachable, call, get} from './api.js';
import {confirm} from './dialog.js';
import {a, button, h, page, problem, say} from './dom.js';
import {isStaff, link, search, state} from './state.js';
import {whenText, zone} from './time.js';

/* By name: the module that has it. It exports a function of the same name. */
const views = {
  signin: () => import('./sign.js'), welcome: () => import('./sign.js'),
  overview: () => import('./overview.js'), setup: () => import('./setup.js'), tokens: () => import('./tokens.js'),
  users: () => import('./users.js'), user: () => import('./users.js'), deleted: () => import('./users.js'),
  mismatches: () => import('./users.js'), teams: () => import('./teams.js'), team: () => import('./teams.js'),
  types: () => import('./types.js'), seats: () => import('./seats.js'), log: () => import('./log.js'),
  entry: () => import('./entry.js'), errors: () => import('./errors.js'), policy: () => import('./policy.js'),
  audit: () => import('./audit.js'), admins: () => import('./audit.js'), settings: () => import('./account.js'),
  accounts: () => import('./staff.js'), people: () => import('./staff.js'),
};
const OPEN = ['signin', 'welcome']; // without a session

const accountPages = [
  ['overview', 'Overview'], ['setup', 'Set up'], ['tokens', 'Tokens'], ['users', 'Users', 'user', 'deleted', 'mismatches'],
  ['teams', 'Teams', 'team'], ['types', 'Types and roles'], ['seats', 'Seats'], ['log', 'Sync log', 'entry'],
  ['errors', 'Errors'], ['policy', 'Policy'], ['settings', 'Account'], ['audit', 'Audit'], ['admins', 'Admins'],
];
const staffPages = [['accounts', 'Accounts'], ['people', 'People'], ['errors', 'Errors'], ['audit', 'Audit'], ['admins', 'Admins']];
const ofAccount = new Set(accountPages.flatMap(([view, , ...more]) => [view, ...more]));
const ofStaff = new Set(staffPages.map(([view]) => view));

const main = document.getElementById('view');
const nav = document.getElementById('nav');
const menu = document.getElementById('menu');
let shown = ''; // the view that stands there
let names = {}; // of accounts, by slug

/* --- around the page --- */

function entries(pages, view) {
  return h('ul', pages.map(([name, title, ...more]) => h('li', h('a', {
    href: link(name), 'aria-current': name === view ? 'page' : more.includes(view) ? 'true' : null,
  }, title))));
}

function frame(view) {
  const session = state.session;
  const staff = isStaff();
  const slug = staff ? state.account : session?.account?.slug ?? '';
  document.getElementById('account').replaceChildren(...session === null ? []
    : slug === '' ? ['· all accounts'] : ['· ', h('bdi', staff ? names[slug] ?? slug : session.account.name)]);
  document.getElementById('who').hidden = session === null;
  document.getElementById('me').textContent = session?.admin.email ?? '';
  nav.hidden = menu.hidden = session === null || OPEN.includes(view);
  fold(false);
  nav.replaceChildren(...staff && slug !== ''
    ? [h('p', a(search({view: 'accounts'}), '« All accounts')), entries(accountPages, view)]
    : [entries(staff ? staffPages : accountPages, view)]);
  document.getElementById('foot').textContent = `Times are those of ${zone}.`;
}

/* The name of the account that staff have chosen. */
async function learnName() {
  const slug = state.account;
  if (!isStaff() || slug === '' || slug in names)
    return;
  names[slug] = (await get(['account'])).name;
}

function fold(open) {
  menu.setAttribute('aria-expanded', String(open));
  nav.classList.toggle('open', open);
}

menu.addEventListener('click', () => fold(menu.getAttribute('aria-expanded') !== 'true'));

/* --- one page --- */

function viewOf(query) {
  const view = query.get('view');
  if (Object.hasOwn(views, view ?? ''))
    return view;
  return isStaff() && state.account === '' ? 'accounts' : 'overview';
}

/* What stands in the way of the page; undefined: nothing. */
function obstacle(view) {
  const asked = state.query.get('account') ?? '';
  const own = state.session.account?.slug ?? '';
  if (isStaff() && state.account === '' && ofAccount.has(view) && !ofStaff.has(view))
    return page('Choose an account', h('p', 'This page is about one account. ', a(search({view: 'accounts'}), 'Choose it'), ' first.'));
  if (!isStaff() && ofStaff.has(view) && !ofAccount.has(view))
    return page('Only for the operator', h('p', 'This page is for the operator’s staff. ', a(link('overview'), 'Go to the overview'), '.'));
  if (!isStaff() && asked !== '' && asked !== own)
    return page('Another account', h('p', 'This link is about the account ', h('bdi', asked), ', but you are signed in to ',
      h('bdi', own), '. Sign out and sign in there, or ', a(link(view), 'see this page of your own account'), '.'));
  return undefined;
}

function failed(error) {
  return page('This page cannot be shown', problem(error), h('p', button('Try again', () => show())));
}

async function make(view) {
  try {
    if (!OPEN.includes(view)) {
      const other = obstacle(view);
      if (other !== undefined)
        return other;
      await learnName();
    }
    return await (await views[view]())[view](state.query);
  } catch (error) {
    if (error instanceof Cancelled || /^SESSION_/.test(error.code))
      throw error;
    return failed(error instanceof TypeError && /module|import/i.test(error.message) ? new Unreachable() : error);
  }
}

/* Where the focus goes: to the same control where the same page is shown anew, else to the heading. */
function focus(id, same) {
  const again = same && id !== '' ? document.getElementById(id) : null;
  (again ?? main.querySelector('h1'))?.focus({preventScroll: same});
}

/* Shows the page of the address. quiet: the first one, which takes no focus. */
async function show({quiet = false, keep = false} = {}) {
  state.leave.abort();
  const mine = state.leave = new AbortController();
  state.query = new URLSearchParams(location.search);
  state.account = isStaff() ? state.query.get('account') ?? '' : '';
  let view = viewOf(state.query);
  if (state.session === null && !OPEN.includes(view))
    view = 'signin'; // the address stays: one comes back to it
  if (!keep)
    say();
  main.setAttribute('aria-busy', 'true');
  try {
    const made = await make(view);
    if (mine.signal.aborted)
      return;
    const id = main.contains(document.activeElement) ? document.activeElement.id : '';
    const same = view === shown;
    shown = view;
    frame(view);
    document.title = `${made.title} – ${state.session?.account?.name ?? (names[state.account] ?? 'Provisioning')}`;
    main.replaceChildren(...made.parts.flat(Infinity).filter(Boolean));
    if (!same)
      scrollTo(0, 0);
    if (!quiet)
      focus(id, same);
  } catch (error) {
    if (!(error instanceof Cancelled) && !/^SESSION_/.test(error.code))
      throw error;
  } finally {
    if (!mine.signal.aborted)
      main.removeAttribute('aria-busy');
  }
}

/* --- from page to page --- */

function go(address, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  return show();
}

document.addEventListener('click', (event) => {
  const to = event.target.closest?.('a[href^="?"]');
  if (to && !to.download && event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    go(to.getAttribute('href'));
  }
});

/* A form of filters: what is empty stays out of the address, and times are in it as all zones read them. */
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.getAttribute('method') !== 'get' /* a field may be called method */)
    return;
  event.preventDefault();
  const query = {};
  for (const [name, value] of new FormData(form)) {
    const local = form.elements[name]?.type === 'datetime-local' && value !== '';
    query[name] = local ? new Date(value).toISOString() : value.trim();
  }
  go(search(query) || '?');
});

addEventListener('popstate', () => show());

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main').focus();
});

/* --- who is signed in --- */

let idle = 0; // how long a session lasts unused, ms
let idleEnds = 0;
let warned = false;

state.enter = (session) => {
  state.session = session;
  idle = Date.parse(session.idleEnds) - state.date;
  state.used();
};

state.used = () => {
  idleEnds = Date.now() + idle;
  if (warned)
    say();
  warned = false;
};

/* Two minutes before the session ends of itself, where nothing is done: unless another page has used it. */
setInterval(async () => {
  if (state.session === null || idle === 0 || warned || Date.now() < idleEnds - 120000)
    return;
  warned = true;
  try {
    const now = await get(['session'], {}, {background: true, stays: true});
    idleEnds = Date.now() + Date.parse(now.idleEnds) - state.date;
    warned = Date.now() >= idleEnds - 120000;
  } catch { /* it has ended, or the server is away: the next request tells */ }
  if (warned && state.session !== null)
    say('Your session ends in two minutes, as you have not used it. ', button('Stay signed in', () =>
      get(['session'], {}, {stays: true}).then(() => say('You stay signed in.'), (error) => say(problem(error)))));
}, 15000);

state.ended = () => {
  if (state.session === null)
    return;
  state.session = null;
  names = {};
  for (const dialog of document.querySelectorAll('dialog[open]'))
    dialog.close();
  shown = '';
  show({keep: true});
  say('Your session has ended. Sign in, and you are where you were.');
};

document.getElementById('out').addEventListener('click', async () => {
  try {
    await call('DELETE', ['session'], {own: true});
  } catch (error) {
    if (!/^SESSION_/.test(error.code)) {
      say(problem(error));
      return;
    }
  }
  state.session = null;
  names = {};
  await go('?view=signin');
  say('You are signed out.');
});

async function start() {
  Object.assign(state, {confirm, go, refresh: () => show({keep: true})});
  try {
    state.enter(await get(['session'], {}, {stays: true}));
  } catch (error) {
    if (!/^SESSION_/.test(error.code) && viewOf(new URLSearchParams(location.search)) !== 'welcome') {
      main.replaceChildren(...page('Provisioning', problem(error), h('p', button('Try again', start))).parts);
      return;
    }
  }
  frame('');
  if (state.session !== null && Date.parse(state.session.ends) - Date.now() < 600000)
    say(`Your session ends at ${whenText(state.session.ends)}; you sign in again then.`);
  await show({quiet: true, keep: true});
}

start();
