/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to /api/v1, and what they are refused with. */
import {isStaff, search, state} from './state.js';

const ROOT = new URL('../api/v1/', document.baseURI);
const SLUG = /^[a-z][a-z0-9-]{0,39}$/;

/* code: of the error catalogue, or '' where something else has refused; status 0: the page itself. */
export class Refusal extends Error {
	constructor(status, detail, retry = 0) {
		const [, code = '', text = detail] = /^([A-Z][A-Z0-9_]+): ([^]*)/.exec(detail) ?? [];
		super(text);
		Object.assign(this, {status, code, retry});
	}
}

export class Unreachable extends Error {}
/* The admin did not want it after all, or has gone to another page. */
export class Cancelled extends Error {}

export const sessionless = error => /^(SESSION_|AUTH_MISSING)/.test(error.code);

function address(segments, query = {}) {
	const path = segments.map(segment => {
		if (/^\.{0,2}$/.test(segment)) // it would lead elsewhere
			throw new Refusal(404, `There is nothing that is called “${segment}”.`);
		return encodeURIComponent(segment);
	});
	return new URL(path.join('/') + search(query), ROOT);
}

function headers(method, {body, own, background}) {
	const out = {Accept: 'application/json'};
	if (body !== undefined)
		out['Content-Type'] = 'application/json';
	if (method !== 'GET' && state.session !== null)
		out['X-CSRF-Token'] = state.session.csrf;
	if (isStaff() && !own && SLUG.test(state.account))
		out['Roster-Account'] = state.account;
	if (background)
		out['Roster-Background'] = '1';
	return out;
}

async function refusal(answer) {
	const {detail} = await answer.json().catch(() => ({}));
	return new Refusal(answer.status, detail || `The server answered with HTTP ${answer.status}. Try again; if it stays so, tell the operator.`,
		Number(answer.headers.get('Retry-After')));
}

async function once(method, url, options) {
	let answer;
	try {
		answer = await fetch(url, {
			method, headers: headers(method, options), cache: 'no-store', redirect: 'error', body: JSON.stringify(options.body),
			signal: method === 'GET' && !options.stays ? state.leave.signal : undefined,
		});
	} catch (error) {
		throw error.name === 'AbortError' ? new Cancelled() : new Unreachable('the server cannot be reached');
	}
	if (!answer.ok)
		throw await refusal(answer);
	state.skew = (Date.parse(answer.headers.get('Date')) || Date.now()) - Date.now();
	if (!options.background)
		state.used();
	return answer.status === 204 ? null : answer.json().catch(error => {
		throw error.name === 'AbortError' ? new Cancelled() : new Refusal(answer.status, 'The answer cannot be read. Try again.');
	});
}

/* options: query, body; own: not about the account chosen; background: nobody asked for it; stays: also when the page is left. */
export async function call(method, segments, options = {}) {
	const url = address(segments, options.query);
	for (let round = 0; ; round++) {
		try {
			return await once(method, url, options);
		} catch (error) {
			if (error.code === 'CONFIRM_REQUIRED' && round < 3) {
				if (!await state.confirm())
					throw new Cancelled();
			} else if (error.code !== 'CSRF_TOKEN' || round > 0 || !await renewed(true)) {
				if (sessionless(error))
					state.ended();
				throw error;
			}
		}
	}
}

export const get = (segments, query, options) => call('GET', segments, {query, ...options});
export const session = background => get(['session'], {}, {stays: true, own: true, background});

/* The value, if who is signed in is still the same; else, by another tab, the page begins anew. Its proof may be another one. */
export async function renewed(value) {
	const now = await session(true);
	if (now.admin.id !== state.session?.admin.id) {
		if (state.session !== null)
			location.reload();
		throw new Cancelled();
	}
	state.session = now;
	return value;
}

export const post = (segments, body, query) => call('POST', segments, {body, query});
export const patch = (segments, body) => call('PATCH', segments, {body});
export const remove = (segments, query) => call('DELETE', segments, {query});

/* The pages of a list; list: what holds the entries; from: where to begin, and what `next` goes into. */
export async function* pages(segments, list, query = {}, from = {after: ''}) {
	const [[cursor, first]] = Object.entries(from);
	for (let next = first; next !== null; ) {
		const page = await get(segments, {...query, [cursor]: next, limit: 1000});
		yield page[list];
		next = page.next ?? null;
	}
}

/* All entries of a list that is never long. */
export const all = async list => (await Array.fromAsync(pages([list], list))).flat();

/* One page for people: a page of the server may be short, or empty, though others follow. */
export async function gather(segments, list, query, from, most = 50, rounds = 8) {
	const [[cursor, first]] = Object.entries(from);
	const found = [];
	let page, next = first;
	for (let round = 0; round < rounds && found.length < most && next !== null; round++) {
		page = await get(segments, {...query, [cursor]: next, limit: most - found.length});
		found.push(...page[list]);
		next = page.next ?? null;
	}
	return {found, next, page};
}
