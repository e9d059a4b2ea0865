/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: made, shown once, and revoked when nothing uses them any more. */
import {all, get, post, remove} from './api.js';
import {ask} from './dialog.js';
import {act, badge, button, check, field, h, notice, p, page, strong, table, to, value} from './dom.js';
import {base} from './setup.js';
import {state} from './state.js';
import {ago, count, day, distance, now} from './time.js';

const HOUR = 3600000;
const DAY = 24 * HOUR;
const SCOPES = {
	scim: 'For an identity provider: people and teams, by SCIM.',
	'events:read': 'For the application: reads the events.',
	authenticate: 'For the application: checks logins.',
	manage: 'For programs of the account: whatever this console does.',
};

const live = t => t.state === 'live';
const isScim = t => live(t) && t.scopes.split(' ').includes('scim');
const age = iso => iso === null ? Infinity : now() - Date.parse(iso);

/* Who has used the token, by the newest request in the log. */
async function clientOf(token) {
	const {entries} = await get(['log'], {token: token.id, before: 0, limit: 1}).catch(() => ({entries: []}));
	return entries[0]?.token === token.id ? entries[0].client : token.last_agent ?? 'a program';
}

async function revoke(token, tokens) {
	const others = tokens.filter(t => t !== token && isScim(t)).length;
	return ask({
		title: `Revoke ${token.name}?`, action: 'Revoke', danger: true, said: 'The token is revoked.', type: age(token.last_used) < HOUR && token.name.trim(),
		parts: [
			p(strong(token.last_used === null ? 'This token was never used.'
				: `This revokes the token that ${await clientOf(token)} used ${distance(token.last_used)}.`)),
			isScim(token) && p(others === 0 ? 'No other token for identity providers is left: provisioning stops at once.'
				: `${count(others, 'other token')} for identity providers ${others === 1 ? 'stays' : 'stay'}.`),
			p('Whoever uses it is refused from the next request on. It cannot be taken back.'),
		],
		run: () => remove(['tokens', token.id]),
	});
}

const create = () => ask({
	title: 'New token', action: 'Make it', said: 'The token is made: copy it now.',
	parts: [
		field('Name', 'name', {required: true, hint: 'Such as the identity provider and the date.'}),
		h('fieldset', h('legend', 'Scopes'), Object.entries(SCOPES).map(([scope, hint]) => check(scope, 'scope', scope, hint, scope === 'scim'))),
		field('Expires', 'expires', {options: [['', 'never'], ...[30, 90, 180, 365].map(n => [n, `in ${n} days`])],
			hint: 'A token that has expired stops provisioning: replace it in time.'}),
	],
	async run(data) {
		state.made = await post(['tokens'], {name: data.get('name').trim(), scopes: data.getAll('scope').join(' ') || undefined,
			expires: Number(data.get('expires')) || undefined});
	},
});

const once = token => notice('good', h('h2', 'Copy the token now: it is not shown again'), p(value(token.secret, 'the token')),
	p('Okta takes it at Provisioning > Integration > Authorization, Entra ID as Secret Token, OneLogin as SCIM Bearer Token, JumpCloud as Token Key: see ',
		to('setup', 'Set up'), '. The base URL:'), p(value(base, 'the base URL')));

/* Whether an older token can go. */
function advice(token, tokens) {
	const newer = isScim(token) ? tokens.filter(t => isScim(t) && t.created > token.created) : [];
	const heir = newer.find(t => age(t.last_used) < age(token.last_used));
	if (heir === undefined)
		return newer.some(t => t.last_used === null) && 'A newer one was never used: paste it into the identity provider.';
	const last = token.last_used === null ? 'Never used' : `Old token, last used ${distance(token.last_used)}`;
	return age(token.last_used) < HOUR ? `${last}: wait until only ${heir.name} is used.`
		: strong(`${last}; ${heir.name} was used ${distance(heir.last_used)}: safe to revoke.`);
}

const looks = {live: ['good', 'Live'], expired: ['warn', 'Expired'], revoked: ['idle', 'Revoked']};

export async function tokens(query) {
	const list = (await all('tokens')).sort((x, y) => y.created.localeCompare(x.created));
	const old = query.get('old') === 'true';
	return page('Tokens', state.made && once(state.made),
		p('A token opens this account to a program. To replace one, make another, paste it, and revoke the old one once it is not used.'),
		p(button('New token…', create, {class: 'main'})),
		table(old ? 'All tokens' : 'Live tokens', [
			['Name', t => [t.name, h('div.soft', advice(t, list))]],
			['State', t => badge(...looks[t.state])],
			['Scopes', t => t.scopes],
			['Last used', t => [ago(t.last_used), h('div.soft', t.last_address), h('div.soft', t.last_agent)]],
			['Made', t => day(t.created)],
			['Expires', t => [day(t.expires), live(t) && t.expires && age(t.expires) > -30 * DAY && [' ', badge('warn', distance(t.expires))]]],
			['Action', t => live(t) && act('Revoke', t.name, () => revoke(t, list), true)],
		], old ? list : list.filter(live), 'There is none: without a token nothing can be provisioned.'),
		list.some(t => !live(t)) && p(to('tokens', {old: !old && 'true'}, old ? 'Only those that are live' : 'Also those that are revoked or expired')));
}
