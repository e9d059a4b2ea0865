/* SPDX-License-Identifier: Apache-2.0 */
/* What identity providers want to be told, in their own words, and what is to be known about each. */

/* What is sent, and what it must be. */
export const mapping = [
	['userName', 'The e-mail address by which the person signs in.'],
	['emails[type eq "work"].value', 'The same address: logins use it. Capitals are lowered.'],
	['displayName', 'Needed where no name is sent.'],
	['name.givenName, name.familyName', 'The names, without special characters.'],
	['userType', 'admin, member, viewer, guest, or the id of a custom role.'],
	['roles', 'The same values, where userType is not sent.'],
	['active', 'false frees the seat and keeps the person.'],
	['title, locale, timezone, phoneNumbers, addresses', 'As you like.'],
];

/* The check-list: what each line says, and what to switch on where it is missing. */
export const steps = {
	connected: ['Connected', 'Paste URL and token and test the connection.'],
	looked_up: ['Looked up', 'Test the connection, or assign a person: each is looked up first.'],
	created: ['Created a user', 'Switch on the creation of users, and assign a person.'],
	updated: ['Updated a user', 'Switch on updates, and change a title or a name.'],
	deactivated: ['Deactivated a user', 'Switch on deactivation, and unassign a test person.'],
	pushed: ['Pushed a group', 'Switch on the provisioning of groups, and push one whose people are assigned.'],
	member_changed: ['Changed a member', 'Take a person out of a pushed group, or put one in.'],
};

/* steps: [text, [label, which value] …]; which: base, token or the text itself. */
export const providers = {
	okta: {
		name: 'Okta',
		maps: {
			userName: 'Application username: Email', 'emails[type eq "work"].value': 'user.email', displayName: 'user.displayName',
			'name.givenName, name.familyName': 'user.firstName, user.lastName', userType: 'an attribute of the app of this name', active: 'by itself',
		},
		steps: [
			['Applications > your application (App Integration Wizard) > General > App Settings > Provisioning: choose SCIM and save.'],
			['Provisioning > Integration > Edit. Then Test Connector Configuration, and Save.',
				['SCIM connector base URL', 'base'], ['Unique identifier field for users', 'userName'],
				['Supported provisioning actions', 'Push New Users, Push Profile Updates, Push Groups'],
				['Authentication Mode', 'HTTP Header'], ['Authorization: Bearer', 'token']],
			['Provisioning > To App > Edit: tick Create Users, Update User Attributes and Deactivate Users, and save.'],
			['Sign On > Credentials Details: Application username format is Email.'],
			['Assignments: assign people or groups.'],
			['Push Groups: push the groups that are to be teams.'],
		],
		warnings: [
			'Assign first, then push: a team consists of people who are here already. Okta advises one group for assignments and another for the push.',
			'A pushed group takes over a team of the same name: its members become those of the group (Policy, team_same_name).',
			'Okta never deletes: who is unassigned or deactivated becomes inactive here. Suspending somebody in Okta sends nothing.',
			'Tick Sync Password only where the application signs people in by passwords (Policy, passwords).',
			'Okta wants https and a host name without an underscore.',
		],
		missing: {
			created: 'Provisioning > To App: tick Create Users, then assign a person.',
			updated: 'Provisioning > To App: tick Update User Attributes, then change a profile, or Force Sync.',
			deactivated: 'Provisioning > To App: tick Deactivate Users, then unassign a test person.',
			pushed: 'Integration: tick Push Groups; then Push Groups > Push Groups > Find groups by name.',
			member_changed: 'Put an assigned person into a pushed group.',
		},
	},
	entra: {
		name: 'Entra ID',
		maps: {
			userName: 'userPrincipalName, or mail', 'emails[type eq "work"].value': 'mail', displayName: 'displayName',
			'name.givenName, name.familyName': 'givenName, surname', userType: 'leave it out: use roles',
			roles: 'SingleAppRoleAssignment([appRoleAssignments])', active: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
		},
		steps: [
			['Enterprise applications > New application > Create your own application > Integrate any other application (non-gallery).'],
			['Provisioning > Provisioning Mode: Automatic > Admin Credentials. Then Test Connection, and Save.',
				['Tenant URL', 'entra'], ['Secret Token', 'token']],
			['Mappings > Provision users: userName is the matching attribute with precedence 1. Map as below; delete the line of userType.'],
			['Mappings > Provision groups: enabled; displayName, externalId and members are mapped.'],
			['Users and groups: assign people and groups. Settings > Scope: Sync only assigned users and groups.'],
			['Provisioning Status: On. For one person at once: Provision on demand.'],
		],
		warnings: [
			'A cycle runs about every 40 minutes: the check-list ticks then, or with Provision on demand.',
			'The flag ?aadOptscim062020 in the Tenant URL makes Entra speak SCIM by the book; without it things work, too.',
			'The default mapping of userType sends “User” or “Member”, which is no type here: delete it, and give types by roles, or by rules of teams.',
			'Who is unassigned or disabled becomes inactive at once; 30 days after being deleted in Entra the person is deleted here.',
			'Only direct members of a group come; nested groups do not. Passwords are never sent.',
			'A wrong token puts the job into quarantine: it tries less and less often, and stops after four weeks. Press Restart provisioning once it is mended.',
		],
		missing: {
			created: 'Provisioning Status: On, and a person is assigned; or Provision on demand.',
			updated: 'Mappings > Provision users > Target Object Actions: tick Update. Change a title, then wait for the cycle.',
			deactivated: 'Map active, tick Delete or Update, unassign a test person, and wait for the cycle.',
			pushed: 'Mappings > Provision groups: Enabled; assign a group to the application.',
			member_changed: 'Change a member of an assigned group, and wait for the cycle.',
		},
	},
	onelogin: {
		name: 'OneLogin',
		maps: {
			userName: 'scimusername: Email', 'emails[type eq "work"].value': 'Email', displayName: 'first and last name',
			'name.givenName, name.familyName': 'first name, last name', userType: 'cannot be sent', roles: 'cannot be sent', active: 'by itself',
		},
		steps: [
			['Applications > Add App > SCIM Provisioner with SAML (SCIM v2 Core).'],
			['Configuration > API Connection. Then API Status: Enable.',
				['SCIM Base URL', 'base'], ['SCIM Bearer Token', 'token'], ['SCIM JSON Template: userName', '{$parameters.scimusername}']],
			['Provisioning: tick Enable provisioning; “When users are deleted in OneLogin”: Suspend. Save.'],
			['Parameters > Groups: tick Include in User Provisioning.'],
			['Rules > Add Rule: “Set Groups in …” from roles, for those that are to be teams.'],
			['Users or Roles: give people the application; under Users approve what is pending.'],
		],
		warnings: [
			'OneLogin sends no type: people become the default type (Policy, default_type), or what rules of teams say.',
			'With “Require admin approval” on nothing comes until somebody approves it.',
			'“When users are deleted: Delete” deletes people here; they can be restored for as many days as Policy, restore_days, says.',
			'Blank fields are sent as empty texts, which remove the value here.',
		],
		missing: {
			created: 'Provisioning: tick Create user; under Users approve what is pending.',
			updated: 'Provisioning: tick Update user, then change a name in OneLogin.',
			deactivated: 'Provisioning: “When users are deleted”: Suspend; then take the application from a test person.',
			pushed: 'Parameters > Groups: Include in User Provisioning, and a rule that sets groups.',
			member_changed: 'Give a person a role that the rule turns into a group.',
		},
	},
	jumpcloud: {
		name: 'JumpCloud',
		steps: [
			['SSO Applications > Add New Application > Custom Application > Export users to this app (Identity Management).'],
			['Identity Management > Configuration Settings. Then Test Connection, and Activate.',
				['SCIM version', '2.0'], ['Base URL', 'base'], ['Token Key', 'token'], ['Test User Email', 'roster-test@your-domain.example']],
			['Tick Enable management of User Groups and Group Membership in this application.'],
			['User Groups: bind the groups whose people are to come.'],
		],
		warnings: [
			'Test Connection makes a user of the Test User Email and a group, and deletes both: name an address that nobody has.',
			'That test takes a seat for a moment: with all seats taken it fails.',
			'JumpCloud sends core attributes only; types come by rules of teams, or are the default type.',
		],
		missing: {
			created: 'Activate, then bind a user group.',
			pushed: 'Tick Enable management of User Groups and Group Membership.',
			deactivated: 'Take a test person out of the bound group.',
		},
	},
	other: {
		name: 'Another',
		steps: [
			['Any client of SCIM 2.0 works. It wants these:', ['Base URL', 'base'], ['Authentication', 'Bearer token in the Authorization header'],
				['Token', 'token'], ['Unique identifier, matching attribute', 'userName']],
			['Choose create, update, deactivate, and groups with their members. PUT and PATCH are both understood.'],
			['Assign people first; then push the groups that are to be teams.'],
		],
		warnings: [
			'Deactivation (active: false) keeps the person; DELETE keeps a copy that can be restored for some days.',
			'A pushed group takes over a team of the same name (Policy, team_same_name).',
		],
		missing: {},
	},
};
