/* SPDX-License-Identifier: Apache-2.0 */
/* What all pages share: who is signed in, which account it is about, how pages are addressed. */

export const state = {
	session: null, // as GET session tells it
	skew: 0, // of the server's clock, ms
	account: '', // the account that staff have chosen, by the address
	query: new URLSearchParams(),
	leave: new AbortController(), // its signal: the page is left
	made: null, // a token just made: for the next page that is shown
	/* enter, ended, used, refresh, go: set by app.js; confirm: by dialog.js */
};

export const isStaff = () => state.session?.admin.staff === true;

/* The search part of an address, without what is empty. */
export function search(parameters) {
	const out = new URLSearchParams();
	for (const [name, value] of Object.entries(parameters))
		if (value !== null && value !== undefined && value !== '' && value !== false)
			out.set(name, value);
	return out.size > 0 ? `?${out}` : '';
}

/* The address of a page; staff stay in the account that they have chosen. */
export const link = (view, parameters) => search({view, account: isStaff() ? state.account : '', ...parameters});
