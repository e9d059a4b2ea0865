/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the account, each with what it means, what it can be and what it is by default. */
import {get, patch} from './api.js';
import {ask} from './dialog.js';
import {badge, code, field, form, h, p, page, say, section, strong} from './dom.js';
import {count, number} from './time.js';

const GROUPS = [
	['People', /^(username|email|name|check|user|default)_/], ['Teams and restoring', /^(team|restore|last)_/], ['Seats', /^seat_/], ['Sync log', /^log_/], ['Other', /./],
];

function control(name, {value, default: usual, allowed, meaning}) {
	const words = allowed.every(word => !word.includes('..'));
	return field(name, name, {id: `p-${name}`, value, required: true, options: words ? allowed.map(word => [word, word]) : undefined,
		hint: [`${meaning}. `, !words && `${allowed.join(', ').replaceAll('..', ' to ')}. `, `Default: ${usual}. `, value !== usual && badge('warn', 'changed')]});
}

/* What changes besides the settings themselves. */
const effects = [
	[/^seat_/, async () => `${number((await get(['seats'])).used)} seats are taken now. Nobody loses one; where there are fewer, further people are refused.`],
	[/^(default_type|user_types)$/, async () => `It counts at once for those of the ${number((await get(['account'])).users)} users for whom nothing names a type.`],
	[/^log_/, () => 'Entries of the sync log beyond a lower limit are gone for good.'],
	[/^restore_days$/, () => 'Deleted users beyond a lower limit can no longer be restored.'],
];

async function store(data, settings) {
	const changes = [...data].map(([name, value]) => [name, value.trim()]).filter(([name, value]) => value !== settings[name].value);
	if (changes.length === 0)
		return say('Nothing is changed.');
	const told = effects.filter(([pattern]) => changes.some(([name]) => pattern.test(name))).map(async ([, words]) => p(await words()));
	return ask({
		title: `Change ${count(changes.length, 'setting')}?`, action: 'Change', said: 'The policy is changed.',
		parts: [h('ul', changes.map(([name, value]) => h('li', code(name), `: ${settings[name].value} → `, strong(value)))), await Promise.all(told)],
		run: () => patch(['policy'], Object.fromEntries(changes)),
	});
}

export async function policy() {
	const {preset: now, settings} = await get(['policy']);
	const groupOf = name => GROUPS.find(([, pattern]) => pattern.test(name));
	return page('Policy', p('The rules of this account; the defaults are those of the preset ', strong(now), '.'),
		form('Change the policy…', data => store(data, settings), GROUPS.map(group => section(group[0],
			h('div.grid', Object.entries(settings).filter(([name]) => groupOf(name) === group).map(([name, s]) => control(name, s)))))));
}
