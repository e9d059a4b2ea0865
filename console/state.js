/* SPDX-License-Identifier: Apache-2.0 */
/* What all pages share: who is signed in, which account is looked at, and how pages are addressed. */

export const state = {
  session: null,        // as GET session tells it
  account: '',          // the account that staff have chosen, by the address
  query: new URLSearchParams(),
  leave: new AbortController(), // its signal: the page is left
  // Set by app.js:
  confirm: null,        // asks for password and code; true: confirmed
  enter: null,          // somebody is signed in
  ended: null,          // nobody is signed in any more
  refresh: null,        // shows the page anew
  go: null,             // goes to another page
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
export function link(view, parameters = {}) {
  return search({view, account: isStaff() ? state.account : '', ...parameters});
}

/* Calls f every so often while the page is shown and looked at. */
export function every(milliseconds, f) {
  const signal = state.leave.signal;
  const timer = setInterval(() => {
    if (!document.hidden)
      f();
  }, milliseconds);
  signal.addEventListener('abort', () => clearInterval(timer));
}
