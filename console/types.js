/* SPDX-License-Identifier: Apache-2.0 */
/* Types and roles, the rules by which teams give them, and trying these out. */
import {get, patch, post, remove} from './api.js';
import {ask} from './dialog.js';
import {a, button, copy, field, h, page, problem, say, section, table} from './dom.js';
import {link, state} from './state.js';
import {count, number} from './time.js';

const after = (text) => (done) => {
  if (done) {
    say(text);
    state.refresh();
  }
};
const options = (roles) => roles.map((r) => [r.id, r.custom ? `${r.name} (${r.base})` : r.name]);

const create = () => ask({
  title: 'New role', action: 'Make it',
  parts: [field('Name', 'name', {required: true, maxlength: 100, autocomplete: 'off'}),
    field('Base type', 'base', {options: [['member', 'member'], ['viewer', 'viewer'], ['guest', 'guest']], hint: 'It takes a seat as this type does.'})],
  run: (data) => post(['roles'], {name: data.get('name').trim(), base: data.get('base')}),
}).then(after('The role is made: copy its id into the identity provider.'));

const rename = (role) => ask({
  title: `Rename ${role.name}`, action: 'Rename',
  parts: [field('Name', 'name', {value: role.name, required: true, maxlength: 100, autocomplete: 'off', hint: 'Its id stays, so nothing changes for the identity provider.'})],
  run: (data) => patch(['roles', role.id], {name: data.get('name').trim()}),
}).then(after('The role is renamed.'));

const drop = (role, roles, rules) => ask({
  title: `Delete the role ${role.name}?`, action: 'Delete', danger: true,
  parts: [
    h('p', h('strong', role.users === undefined ? 'All who have it get another type.' : `${count(role.users, 'person gets', 'people get')} another type.`),
      ` ${count(rules.filter((r) => r.role === role.id).length, 'rule names', 'rules name')} it. The application is told of each change.`),
    field('They become', 'successor', {options: options(roles.filter((r) => r.id !== role.id && r.id !== 'admin'))}),
    h('p', 'Where the identity provider goes on sending its id, that stands for the replacement in people who have it, and is refused (ROLE_DELETED) for others.'),
  ],
  run: (data) => remove(['roles', role.id], {successor: data.get('successor')}),
}).then(after('The role is deleted.'));

/* --- rules --- */

/* The team that is called so, or the only one that is like it. */
async function teamOf(name) {
  const {teams} = await get(['teams'], {q: name, limit: 100});
  const exact = teams.filter((t) => t.displayName.toLowerCase() === name.toLowerCase());
  const [found, ...others] = exact.length > 0 ? exact : teams;
  if (found === undefined || others.length > 0)
    throw Object.assign(new Error(found === undefined ? `No team is called “${name}”. Push it first.`
      : `Several teams are like “${name}”: ${teams.slice(0, 5).map((t) => t.displayName).join(', ')}. Type the whole name.`), {status: 0, code: ''});
  return found.id;
}

const ruleName = (r) => r.team === null ? 'everybody' : r.displayName ?? 'a team that is gone';

const addRule = (roles, rules) => ask({
  title: 'New rule', action: 'Add',
  parts: [
    field('Team', 'team', {autocomplete: 'off', hint: 'Its name. Empty: everybody.'}),
    field('Its members become', 'role', {options: options(roles)}),
    field('Place', 'before', {options: [['', 'last'], ...rules.map((r) => [r.rule, `before ${r.rule}, ${ruleName(r)}`])], hint: 'The first rule that fits decides.'}),
    h('p', 'It counts at once, for all for whom neither userType nor roles name a type.'),
  ],
  async run(data) {
    const team = data.get('team').trim();
    await post(['rules'], {role: data.get('role'), team: team === '' ? undefined : await teamOf(team)}, {before: data.get('before')});
  },
}).then(after('The rule counts.'));

const dropRule = async (rule, names) => {
  const members = rule.team === null ? undefined : (await get(['teams', rule.team], {limit: 1}).catch(() => ({}))).count;
  return ask({
    title: `Delete rule ${rule.rule}?`, action: 'Delete', danger: true,
    parts: h('p', h('strong', members === undefined ? `Whoever is ${names[rule.role] ?? rule.role} by this rule`
      : `Up to ${count(members, 'member')} of ${ruleName(rule)}`), ' will have the type that the next rule that fits gives, or the default type. That counts at once.'),
    run: () => remove(['rules', rule.rule]),
  }).then(after('The rule is deleted.'));
};

/* --- trying out --- */

function tryOut(rules) {
  const answer = h('div', {role: 'status'});
  const list = (text) => text.split(',').map((part) => part.trim()).filter(Boolean);
  return section('Try it out', h('form.narrow', {
    async onsubmit(event) {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      const who = data.get('user').trim();
      try {
        const body = who !== '' ? {user: await userOf(who)} : {userType: data.get('userType').trim() || null,
          roles: list(data.get('roles')), entitlements: list(data.get('entitlements')), teams: data.getAll('teams')};
        const {type, why} = await post(['rules', 'try'], body);
        answer.replaceChildren(h('p', h('strong', h('bdi', type.name ?? type.id)), ` – ${why}.`));
      } catch (error) {
        answer.replaceChildren(problem(error));
      }
    },
  }, field('User', 'user', {autocomplete: 'off', hint: 'A userName or address; or leave it empty and say what the identity provider would send:'}),
  field('userType', 'userType', {autocomplete: 'off'}), field('roles', 'roles', {autocomplete: 'off', hint: 'Several parted by commas.'}),
  field('entitlements', 'entitlements', {autocomplete: 'off'}),
  rules.some((r) => r.team) && h('fieldset', h('legend', 'Is in the teams'), rules.filter((r) => r.team).map((r) =>
    h('label.check', h('input', {type: 'checkbox', name: 'teams', value: r.team}), ' ', h('bdi', ruleName(r))))),
  h('p', h('button', 'What would it be?'))), answer);
}

async function userOf(text) {
  const {users} = await get(['users'], {q: text, limit: 100});
  const user = users.find((u) => [u.userName, u.email].some((name) => name?.toLowerCase() === text.toLowerCase())) ?? (users.length === 1 ? users[0] : null);
  if (user === null)
    throw Object.assign(new Error(`${users.length === 0 ? 'Nobody' : 'More than one'} is like “${text}”. Type the whole userName.`), {status: 0, code: ''});
  return user.id;
}

export async function types() {
  const [{roles}, {rules}] = await Promise.all([get(['roles']), get(['rules'])]);
  const names = Object.fromEntries(roles.map((r) => [r.id, r.name]));
  return page('Types and roles',
    h('p', 'What the identity provider sends as userType or in roles: one of these ids.'),
    table('Types and custom roles', [
      ['Name', (r) => h('bdi', r.name)],
      ['Id', (r) => [h('code', r.id), ' ', copy(r.id, `the id of ${r.name}`, 'Copy ID')]],
      ['Base type', (r) => r.base],
      ['Users', (r) => a(link('users', {type: r.id}), r.users === undefined ? 'see them' : number(r.users)), 'n'],
      ['Actions', (r) => r.custom && [button('Rename', () => rename(r), {class: 'plain', id: `n-${r.id}`, 'aria-label': `Rename ${r.name}`}), ' ',
        button('Delete', () => drop(r, roles, rules), {class: 'danger plain', id: `d-${r.id}`, 'aria-label': `Delete ${r.name}`})]],
    ], roles),
    h('p', button('New role', create, {id: 'new-role'})),
    section('Rules: what teams give',
      h('p', 'They are asked in this order, for those for whom nothing names a type. Where none fits, the type is the default of the ', a(link('policy'), 'policy'), '.'),
      table('Rules', [
        ['Place', (r) => number(r.rule)],
        ['Members of', (r) => r.team === null || r.displayName === null ? ruleName(r) : a(link('team', {id: r.team}), h('bdi', r.displayName))],
        ['Become', (r) => names[r.role] ?? r.role],
        ['Action', (r) => button('Delete', () => dropRule(r, names), {class: 'danger plain', id: `rule-${r.rule}`, 'aria-label': `Delete rule ${r.rule}`})],
      ], rules, 'There are no rules.'),
      h('p', button('New rule', () => addRule(roles, rules), {id: 'new-rule'}))),
    tryOut(rules));
}
