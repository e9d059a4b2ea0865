/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting an identity provider: what to paste where, and a check-list that ticks itself. */
import {get, renewed, sessionless} from './api.js';
import {badge, code, facts, h, notice, p, page, say, section, strong, table, to, value} from './dom.js';
import {mapping, providers, steps} from './providers.js';
import {link, state} from './state.js';
import {ago, since} from './time.js';

export const base = new URL('../scim/v2', document.baseURI).href;

const values = {base, entra: `${base}?aadOptscim062020`};
const step = ([text, ...paste]) => h('li', p(text), facts(...paste.map(([label, what]) =>
	[label, what === 'token' ? ['a ', to('tokens', 'token'), ' of the scope scim, shown once when it is made'] : value(values[what] ?? what, label)])));

const line = ({step: id, first, last}, provider) => h('li', p(badge(first ? 'good' : 'idle', steps[id]?.[0] ?? id)),
	h('p.soft', first ? ['first ', ago(first), last !== first && [', last ', ago(last)]] : provider.missing[id] ?? steps[id]?.[1]));

function checklist(told, provider) {
	const list = h('ol.checklist');
	const foot = h('p.soft');
	const seenIn = o => o.checklist.filter(s => s.first).map(s => s.step);
	let seen = seenIn(told);
	let lost = false;

	function put(o) {
		const news = seenIn(o).filter(id => !seen.includes(id));
		seen = seenIn(o);
		list.replaceChildren(...o.checklist.map(s => line(s, provider)));
		foot.replaceChildren(...['Last request: ', since(o.lastRequest)].flat(), o.state === 'failing' ? h('span', ' – ', to('log', {failed: true}, 'requests are refused: see why')) : '');
		if (news.length > 0)
			say(strong('Arrived: '), `${news.map(id => steps[id]?.[0] ?? id).join(', ')}.`, seen.length === o.checklist.length ? ' The check-list is complete.' : '');
	}
	put(told);
	const timer = setInterval(async () => {
		if (document.hidden)
			return;
		try {
			const o = await renewed(await get(['overview'], {}, {background: true}));
			if (lost)
				say();
			lost = false;
			put(o);
		} catch (error) {
			if (!lost && error.message !== '' && !sessionless(error))
				say('The check-list cannot be brought up to date now; it goes on by itself.');
			lost = error.message !== '';
		}
	}, 5000);
	state.leave.signal.addEventListener('abort', () => clearInterval(timer));
	return [h('p.soft', 'It ticks itself from what really arrives.'), list, foot];
}

export async function setup(query) {
	const o = await get(['overview']);
	const seen = Object.keys(providers).find(key => providers[key].name === o.client);
	const asked = query.get('idp') ?? seen ?? 'okta';
	const id = Object.hasOwn(providers, asked) ? asked : 'other';
	const provider = providers[id];
	return page('Set up',
		h('nav.tabs', {'aria-label': 'Identity provider'}, h('ul', Object.entries(providers).map(([key, other]) =>
			h('li', h('a', {id: `idp-${key}`, href: link('setup', {idp: key}), 'aria-current': key === id && 'true'}, other.name))))),
		!base.startsWith('https:') && notice('warn', p('This address is not https: identity providers in the cloud want that, and a name that they can reach.')),
		h('div.columns',
			h('div',
				section(`${provider.name}: what to do`, h('ol', provider.steps.map(step)),
					p('At the end do a test deactivation: unassign a person, see the line tick, and assign the person again.')),
				section('What to map', table('Attributes', [
					['Attribute', m => code(m[0])], ...provider.maps ? [[`In ${provider.name}`, m => provider.maps[mapping.indexOf(m)] ?? '–']] : [], ['What it must be', m => m[1]],
				], mapping), p('The ids of custom roles stand at ', to('types', 'Types and roles'), '.')),
				section('What to know', h('ul', provider.warnings.map(w => h('li', w))))),
			h('div.aside', section('Check-list', o.checklist ? checklist(o, provider) : p('It is not available.')))));
}
