/* SPDX-License-Identifier: Apache-2.0 */
/* What identity providers want to be told, in their own words, and what is to be known about each. */

/* What is sent, and what it must be. */
export const mapping = [
	['userName', 'The e-mail address by which the person signs in.'],
	['emails[type eq "work"].value', 'The same address: logins use it. Capitals are lowered.'],
	['displayName', 'Needed where no name is sent.'],
	['name.givenName, name.familyName', 'Without special characters.'],
	['userType', 'admin, member, viewer, guest, or the id of a custom role.'],
	['roles', 'The same values, where userType is not sent.'],
	['active', 'false frees the seat and keeps the person.'],
	['title, locale, timezone, phoneNumbers, addresses', 'As you like.'],
];

/* The check-list: what each line says, and what to switch on where it is missing. */
export const steps = {
	connected: ['Connected', 'Paste URL and token, and test the connection.'],
	looked_up: ['Looked up', 'Test the connection, or assign a person.'],
	created: ['Created a user', 'Switch on the creation of users, and assign a person.'],
	updated: ['Updated a user', 'Switch on updates, and change a title or a name.'],
	deactivated: ['Deactivated a user', 'Switch on deactivation, and unassign a test person.'],
	pushed: ['Pushed a group', 'Switch on groups, and push one whose people are assigned.'],
	member_changed: ['Changed a member', 'Put a person into a pushed group, or take one out.'],
};

const TAKES_OVER = 'A pushed group replaces the members of a team of the same name (Policy, team_same_name).';

/* maps: to the attributes above. steps: [text, [label, what to paste] …]; base, entra and token stand for what setup.js knows. */
export const providers = {
	okta: {
		name: 'Okta',
		maps: [
			'Application username: Email', 'user.email', 'user.displayName', 'user.firstName, user.lastName', 'an attribute of the app of this name',
			null, 'by itself',
		],
		steps: [
			['Applications > your application > General > App Settings > Provisioning: SCIM. Save.'],
			['Provisioning > Integration > Edit. Then Test Connector Configuration, and Save.',
				['SCIM connector base URL', 'base'], ['Unique identifier field for users', 'userName'],
				['Supported provisioning actions', 'Push New Users, Push Profile Updates, Push Groups'],
				['Authentication Mode', 'HTTP Header'], ['Authorization: Bearer', 'token']],
			['Provisioning > To App > Edit: Create Users, Update User Attributes, Deactivate Users. Save.'],
			['Sign On > Application username format: Email.'],
			['Assignments: assign people or groups.'],
			['Push Groups: push the groups that are to be teams.'],
		],
		warnings: [
			'Assign first, then push: a team consists of people who are here. Okta advises one group for assignments and another for the push.',
			TAKES_OVER,
			'Okta never deletes: who is unassigned or deactivated becomes inactive here. Suspending somebody sends nothing.',
			'Sync Password only where the application signs people in by passwords (Policy, passwords).',
			'Okta wants https and a host name without an underscore.',
		],
		missing: {
			created: 'Provisioning > To App: Create Users; then assign a person.',
			updated: 'Provisioning > To App: Update User Attributes; then change a profile, or Force Sync.',
			deactivated: 'Provisioning > To App: Deactivate Users; then unassign a test person.',
			pushed: 'Integration: Push Groups; then Push Groups > Find groups by name.',
		},
	},
	entra: {
		name: 'Entra ID',
		maps: [
			'userPrincipalName, or mail', 'mail', 'displayName', 'givenName, surname', 'leave it out: use roles',
			'SingleAppRoleAssignment([appRoleAssignments])', 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
		],
		steps: [
			['Enterprise applications > New application > Create your own application (non-gallery).'],
			['Provisioning > Automatic > Admin Credentials. Then Test Connection, and Save.', ['Tenant URL', 'entra'], ['Secret Token', 'token']],
			['Mappings > Provision users: userName is the matching attribute. Map as below, and delete the line of userType.'],
			['Mappings > Provision groups: enabled, with displayName, externalId and members.'],
			['Users and groups: assign people and groups. Settings > Scope: Sync only assigned users and groups.'],
			['Provisioning Status: On. For one person at once: Provision on demand.'],
		],
		warnings: [
			'A cycle runs about every 40 minutes: the check-list ticks then, or with Provision on demand.',
			'?aadOptscim062020 makes Entra speak SCIM by the book.',
			'The default mapping of userType sends “User”, which is no type here: delete it, and give types by roles, or by rules of teams.',
			'Who is unassigned or disabled becomes inactive; who is deleted in Entra is deleted here 30 days later.',
			'Only direct members of a group come, and never passwords.',
			'A wrong token puts the job into quarantine: press Restart provisioning once it is mended.',
		],
		missing: {
			created: 'Provisioning Status: On, and a person assigned; or Provision on demand.',
			updated: 'Mappings > Provision users > Target Object Actions: Update. Change a title, and wait for the cycle.',
			deactivated: 'Map active, unassign a test person, and wait for the cycle.',
			pushed: 'Mappings > Provision groups: Enabled; assign a group to the application.',
		},
	},
	onelogin: {
		name: 'OneLogin',
		maps: [
			'scimusername: Email', 'Email', 'first and last name', 'first name, last name', 'cannot be sent', 'cannot be sent', 'by itself',
		],
		steps: [
			['Applications > Add App > SCIM Provisioner with SAML (SCIM v2 Core).'],
			['Configuration > API Connection. Then API Status: Enable.',
				['SCIM Base URL', 'base'], ['SCIM Bearer Token', 'token'], ['userName in the SCIM JSON Template', '{$parameters.scimusername}']],
			['Provisioning: Enable provisioning; “When users are deleted in OneLogin”: Suspend. Save.'],
			['Parameters > Groups: Include in User Provisioning.'],
			['Rules > Add Rule: “Set Groups in …” from roles, for those that are to be teams.'],
			['Users or Roles: give people the application; under Users approve what is pending.'],
		],
		warnings: [
			'OneLogin sends no type: people get the default type (Policy, default_type), or what rules of teams say.',
			'With “Require admin approval” on nothing comes until somebody approves it.',
			'“When users are deleted: Delete” deletes people here; they can be restored for some days (Policy, restore_days).',
		],
		missing: {
			created: 'Provisioning: Create user; under Users approve what is pending.',
			updated: 'Provisioning: Update user; then change a name in OneLogin.',
			deactivated: 'Provisioning: “When users are deleted”: Suspend; then take the application from a test person.',
			pushed: 'Parameters > Groups: Include in User Provisioning, and a rule that sets groups.',
		},
	},
	jumpcloud: {
		name: 'JumpCloud',
		steps: [
			['SSO Applications > Add New Application > Custom Application > Export users to this app.'],
			['Identity Management > Configuration Settings. Then Test Connection, and Activate.',
				['SCIM version', '2.0'], ['Base URL', 'base'], ['Token Key', 'token'], ['Test User Email', 'scim-test@your-domain.example']],
			['Enable management of User Groups and Group Membership in this application.'],
			['User Groups: bind the groups whose people are to come.'],
		],
		warnings: [
			'Test Connection makes a user of the Test User Email, in a seat, and a group, and deletes both: name an address that nobody has.',
			'JumpCloud sends core attributes only; types come by rules of teams, or are the default type.',
		],
		missing: {
			created: 'Activate, then bind a user group.', pushed: 'Enable management of User Groups and Group Membership.',
		},
	},
	other: {
		name: 'Another',
		steps: [
			['Any client of SCIM 2.0 works.', ['Base URL', 'base'], ['Authentication', 'Bearer token in the Authorization header'],
				['Token', 'token'], ['Unique identifier, matching attribute', 'userName']],
			['Choose create, update, deactivate, and groups with their members.'],
			['Assign people first; then push the groups that are to be teams.'],
		],
		warnings: [
			'active: false keeps the person; DELETE keeps a copy that can be restored for some days.',
			TAKES_OVER,
		],
		missing: {},
	},
};
