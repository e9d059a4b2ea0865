/* SPDX-License-Identifier: Apache-2.0 */
/* The frame: which page is shown, how one gets to another, and what is around it. */
import {Cancelled, Unreachable, call, get, renewed, session, sessionless} from './api.js';
import './dialog.js';
import {a, button, h, name, p, page, problem, say, to} from './dom.js';
import {isStaff, link, search, state} from './state.js';
import {now, zone} from './time.js';

/* The modules, and the views of each: functions that they export. */
const modules = {
	sign: ['signin', 'welcome'], overview: ['overview', 'seats'], setup: ['setup'], tokens: ['tokens'], users: ['users', 'user', 'deleted', 'mismatches'],
	teams: ['teams', 'team'], types: ['types'], log: ['log', 'entry'], errors: ['errors'],
	policy: ['policy'], account: ['settings', 'audit', 'admins'], staff: ['accounts', 'people'],
};
const moduleOf = view => Object.keys(modules).find(module => modules[module].includes(view));
const OPEN = modules.sign; // without a session

/* What the navigation has, and which views belong to another one's entry. */
const accountPages = {
	overview: 'Overview', setup: 'Set up', tokens: 'Tokens', users: 'Users', teams: 'Teams', types: 'Types and roles', seats: 'Seats', log: 'Sync log',
	errors: 'Errors', policy: 'Policy', settings: 'Account', audit: 'Audit', admins: 'Admins',
};
const staffPages = {accounts: 'Accounts', people: 'People', errors: 'Errors', audit: 'Audit', admins: 'Admins'};
const entryOf = view => ({user: 'users', deleted: 'users', mismatches: 'users', team: 'teams', entry: 'log'}[view] ?? view);

const $ = id => document.getElementById(id);
const main = $('view');
const nav = $('nav');
const menu = $('menu');
let shown = ''; // the view that stands there
let names = {__proto__: null}; // of accounts, by slug

const entries = (pages, view) => h('ul', Object.entries(pages).map(([id, title]) => h('li', h('a', {
	href: link(id), 'aria-current': id === view ? 'page' : id === entryOf(view) && 'true',
}, title))));

function frame(view) {
	const out = state.session === null;
	const chosen = isStaff() && state.account !== '';
	const account = chosen ? names[state.account] ?? state.account : state.session?.account?.name ?? 'all accounts';
	$('account').replaceChildren(...out ? [] : ['· ', name(account)]);
	$('me').textContent = state.session?.admin.email;
	$('who').hidden = out;
	nav.hidden = menu.hidden = out || OPEN.includes(view);
	fold(false);
	nav.replaceChildren(chosen ? p(a(search({view: 'accounts'}), '« All accounts')) : '', entries(isStaff() && !chosen ? staffPages : accountPages, view));
	$('foot').textContent = `Times are those of ${zone}.`;
	return out ? 'Provisioning' : account;
}

function fold(open) {
	menu.ariaExpanded = open;
	nav.classList.toggle('open', open);
}
menu.addEventListener('click', () => fold(menu.ariaExpanded !== 'true'));

function viewOf() {
	const view = state.query.get('view');
	return moduleOf(view) ? view : isStaff() && state.account === '' ? 'accounts' : 'overview';
}

/* What is shown in place of a page that is not for whoever asks; undefined: nothing. */
function obstacle(view) {
	const asked = state.query.get('account') ?? '';
	const own = state.session.account?.slug ?? '';
	if (isStaff())
		return state.account !== '' || entryOf(view) in staffPages ? undefined
			: page('Choose an account', p('This page is about one account: ', to('accounts', 'choose it'), ' first.'));
	if (!(entryOf(view) in accountPages))
		return page('Only for the operator', p('This page is for the operator’s staff. ', to('overview', 'Go to the overview')));
	return asked === '' || asked === own ? undefined
		: page('Another account', p('This link is about the account ', name(asked), ', and you are signed in to ', name(own),
			': sign out and sign in there, or ', to(view, 'see this page of your own account'), '.'));
}

async function make(view) {
	try {
		if (!OPEN.includes(view)) {
			const instead = obstacle(view);
			if (instead !== undefined)
				return instead;
			if (isStaff() && state.account !== '')
				names[state.account] ??= (await get(['account'])).name;
		}
		const made = await (await import(`./${moduleOf(view)}.js`))[view](state.query);
		if (!OPEN.includes(view))
			await renewed();
		state.made = null;
		return made;
	} catch (error) {
		if (error instanceof Cancelled || sessionless(error))
			throw new Cancelled();
		const lost = error instanceof TypeError && /module|import/i.test(error.message); // a part of the console could not be had
		return page('This page cannot be shown', problem(lost ? new Unreachable() : error), p(button('Try again', state.refresh)));
	}
}

/* The page of the address. The focus goes to the same control where it is shown anew, else to the heading. */
async function show({quiet = false, keep = false} = {}) {
	state.leave.abort();
	const mine = state.leave = new AbortController();
	state.query = new URLSearchParams(location.search);
	state.account = isStaff() ? state.query.get('account') ?? '' : '';
	const wanted = viewOf();
	const view = state.session !== null || OPEN.includes(wanted) ? wanted : 'signin'; // the address stays: one comes back to it
	if (!keep)
		say();
	main.ariaBusy = 'true';
	try {
		const made = await make(view);
		if (mine.signal.aborted)
			return;
		const focused = main.contains(document.activeElement) ? document.activeElement.id : '';
		const same = view === shown;
		shown = view;
		document.title = `${made.title} – ${frame(view)}`;
		main.replaceChildren(...made.parts.flat(Infinity).filter(Boolean));
		main.ariaBusy = null;
		if (!quiet)
			(same && $(focused) || main.firstChild).focus({preventScroll: same});
		if (!same)
			scrollTo(0, 0);
	} catch (error) {
		if (!(error instanceof Cancelled))
			throw error;
	}
}

state.refresh = () => show({keep: true});
state.go = (address, replace = false) => {
	history[replace ? 'replaceState' : 'pushState'](null, '', address);
	return show();
};

document.addEventListener('click', event => {
	const link = event.target.closest('a[href^="?"]');
	if (link && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) {
		event.preventDefault();
		state.go(link.getAttribute('href'));
	}
});

/* A form of filters: what is empty stays out of the address, and times are in it as all zones read them. */
document.addEventListener('submit', event => {
	const form = event.target;
	if (form.getAttribute('method') !== 'get') // not form.method: a field may be called so
		return;
	event.preventDefault();
	const query = {};
	for (const [field, value] of new FormData(form))
		query[field] = form.elements[field].type === 'datetime-local' && value !== '' ? new Date(value).toISOString() : value.trim();
	state.go(search(query));
});

addEventListener('popstate', () => show());

/* In another tab somebody else may have signed in, or out. */
const look = () => OPEN.includes(shown) || renewed().catch(() => {});
addEventListener('focus', look);
addEventListener('visibilitychange', look);

const WARNING = 120000;
let idle = 0; // how long a session lasts unused
let idleEnds = Infinity;
let warned = false;

state.used = () => {
	idleEnds = now() + idle;
	if (warned)
		say('You stay signed in.');
	warned = false;
};

state.enter = it => {
	state.session = it;
	idle = Date.parse(it.idleEnds) - now();
	state.used();
};

/* Before the session ends of itself, where nothing is done and no other page has used it. */
setInterval(async () => {
	if (state.session === null || warned || now() < idleEnds - WARNING)
		return;
	if (!await renewed(true).catch(() => false))
		return; // the next request tells
	idleEnds = Date.parse(state.session.idleEnds);
	warned = now() >= idleEnds - WARNING;
	if (warned)
		say('Your session ends in two minutes, as you have not used it. ', button('Stay signed in', () => session().catch(error => say(problem(error)))));
}, 15000);

function leave(text) {
	state.session = null;
	names = {__proto__: null};
	shown = '';
	document.querySelectorAll('dialog').forEach(dialog => dialog.close());
	return show().then(() => say(text));
}

state.ended = () => state.session !== null && leave('Your session has ended. Sign in, and you are where you were.');

$('out').addEventListener('click', async () => {
	try {
		await call('DELETE', ['session'], {own: true});
	} catch (error) {
		if (!sessionless(error))
			return say(problem(error));
	}
	history.pushState(null, '', '?view=signin');
	return leave('You are signed out.');
});

async function start() {
	state.query = new URLSearchParams(location.search);
	try {
		state.enter(await session());
	} catch (error) {
		if (!sessionless(error) && viewOf() !== 'welcome')
			return main.replaceChildren(...page('Provisioning', problem(error), p(button('Try again', start))).parts);
	}
	return show({quiet: true, keep: true});
}

start();
