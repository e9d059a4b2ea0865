/* SPDX-License-Identifier: Apache-2.0 */
/* Types and roles, the rules by which teams give them, and trying these out. */
import {Refusal, get, patch, post, remove} from './api.js';
import {ask} from './dialog.js';
import {act, button, check, field, form, h, p, page, section, strong, table, to, value} from './dom.js';
import {count, number} from './time.js';

const options = roles => roles.map(r => [r.id, r.custom ? `${r.name} (${r.base})` : r.name]);
const nameField = now => field('Name', 'name', {value: now, required: true, hint: now && 'Its id stays, so nothing changes for the identity provider.'});

const create = () => ask({
	title: 'New role', action: 'Make it', said: 'The role is made: copy its id.',
	parts: [nameField(), field('Base type', 'base', {options: ['member', 'viewer', 'guest'].map(t => [t, t]), hint: 'It takes a seat as this does.'})],
	run: data => post(['roles'], {name: data.get('name').trim(), base: data.get('base')}),
});

const rename = role => ask({
	title: `Rename ${role.name}`, action: 'Rename', said: 'The role is renamed.', parts: nameField(role.name),
	run: data => patch(['roles', role.id], {name: data.get('name').trim()}),
});

const drop = (role, roles, rules) => ask({
	title: `Delete the role ${role.name}?`, action: 'Delete', danger: true, said: 'The role is deleted.',
	parts: [
		p(strong(`This gives ${count(role.users, 'person', 'people')} another type.`), ` ${count(rules.filter(r => r.role === role.id).length, 'rule')} with it.`),
		field('They become', 'successor', {options: options(roles.filter(r => r.id !== role.id && r.id !== 'admin'))}),
		p('If the identity provider goes on sending its id for others, that is refused with ROLE_DELETED.'),
	],
	run: data => remove(['roles', role.id], {successor: data.get('successor')}),
});

/* The id of what is called so, or alone is like it. */
async function one(list, text, names) {
	const {[list]: like} = await get([list], {q: text, limit: 100});
	const exact = like.filter(x => names.some(key => x[key]?.toLowerCase() === text.toLowerCase()));
	const [found, ...others] = exact.length > 0 ? exact : like;
	if (found === undefined || others.length > 0)
		throw new Refusal(0, `${found === undefined ? 'None' : 'More than one'} of the ${list} is like “${text}”. Type the whole name.`);
	return found.id;
}

const of = r => r.team === null ? 'everybody' : r.displayName ?? 'a team that is gone';

const addRule = (roles, rules) => ask({
	title: 'New rule', action: 'Add', said: 'The rule counts.',
	parts: [
		field('Team', 'team', {hint: 'Its name. Empty: everybody.'}), field('Its members become', 'role', {options: options(roles)}),
		field('Place', 'before', {options: [['', 'last'], ...rules.map(r => [r.rule, `before ${r.rule}, ${of(r)}`])]}),
		p('It counts at once, for those for whom nothing names a type.'),
	],
	async run(data) {
		const team = data.get('team').trim();
		await post(['rules'], {role: data.get('role'), team: team === '' ? undefined : await one('teams', team, ['displayName'])}, {before: data.get('before')});
	},
});

async function dropRule(rule) {
	const members = rule.team === null ? (await get(['account'])).users : (await get(['teams', rule.team], {limit: 1}).catch(() => ({}))).count;
	return ask({
		title: `Delete rule ${rule.rule}?`, action: 'Delete', danger: true, said: 'The rule is deleted.',
		parts: p(strong(`This may give ${members === undefined ? 'the members' : `up to ${count(members, 'person', 'people')}`} of ${of(rule)} another type`),
			': that of the next rule that fits, or the default. It counts at once.'),
		run: () => remove(['rules', rule.team ?? 'everybody']),
	});
}

function tryOut(rules) {
	const answer = h('div', {role: 'status'});
	const list = text => text.split(',').map(part => part.trim()).filter(Boolean);
	const teams = rules.filter(r => r.team);
	return section('Try it out', form('What would the type be?', async data => {
		const user = data.get('user').trim();
		answer.replaceChildren();
		const {type, why} = await post(['rules', 'try'], user !== '' ? {user: await one('users', user, ['userName', 'email'])} : {
			userType: data.get('userType').trim() || null, roles: list(data.get('roles')), entitlements: list(data.get('entitlements')), teams: data.getAll('teams')});
		answer.replaceChildren(p(strong(type.name), `: ${why}.`));
	}, field('User', 'user', {hint: 'userName or address; or empty, and below what the identity provider would send:'}),
	field('userType', 'userType'), field('roles', 'roles', {hint: 'Several are parted by commas.'}), field('entitlements', 'entitlements'),
	teams.length > 0 && h('fieldset', h('legend', 'Is in the teams'), teams.map(r => check(of(r), 'teams', r.team)))), answer);
}

export async function types() {
	const [{roles}, {rules}] = await Promise.all([get(['roles']), get(['rules'])]);
	const names = Object.fromEntries(roles.map(r => [r.id, r.name]));
	return page('Types and roles', p('The identity provider sends one of these ids as userType, or in roles.'),
		table('Types and custom roles', [
			['Name', r => r.name], ['Id', r => value(r.id, `of ${r.name}`, 'Copy ID')], ['Base type', r => r.base],
			['Users', r => to('users', {type: r.id}, number(r.users)), 'n'],
			['Actions', r => r.custom && [act('Rename', r.name, () => rename(r)), ' ', act('Delete', r.name, () => drop(r, roles, rules), true)]],
		], roles), p(button('New role…', create)),
		section('Rules', p('Where nothing names a type, the first rule that fits gives it, else the default of the ', to('policy', 'policy'), '.'),
			table('What teams give', [
				['Place', r => number(r.rule)], ['Members of', r => r.team && r.displayName ? to('team', {id: r.team}, r.displayName) : of(r)],
				['Become', r => names[r.role] ?? r.role], ['Action', r => act('Delete', `rule ${r.rule}`, () => dropRule(r), true)],
			], rules, 'There are no rules.'), p(button('New rule…', () => addRule(roles, rules)))),
		tryOut(rules));
}
