/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to /api/v1, and what they are refused with. */
import {isStaff, search, state} from './state.js';

const ROOT = new URL('../api/v1/', document.baseURI);
const SLUG = /^[a-z][a-z0-9-]{0,39}$/;

/* An answer that is no success. code: of the error catalogue, or '' where something else has answered. */
export class Refusal extends Error {
  constructor(status, detail, retry) {
    const [, code = '', text = detail] = /^([A-Z][A-Z0-9_]+): ([^]*)$/.exec(detail) ?? [];
    super(text);
    Object.assign(this, {status, code, retry});
  }
}

/* The server was not reached. */
export class Unreachable extends Error {}

/* The admin did not want it after all. */
export class Cancelled extends Error {}

/* A path of segments, none of which can leave its place. */
function address(segments, query) {
  const path = segments.map((segment) => {
    if (/^\.{0,2}$/.test(segment))
      throw new Refusal(404, `There is nothing that is called “${segment}”.`);
    return encodeURIComponent(segment);
  });
  return new URL(path.join('/') + search(query ?? {}), ROOT);
}

function headers(options, method) {
  const out = {Accept: 'application/json'};
  if (options.body !== undefined)
    out['Content-Type'] = 'application/json';
  if (method !== 'GET' && state.session !== null)
    out['X-CSRF-Token'] = state.session.csrf;
  if (isStaff() && !options.own && SLUG.test(state.account))
    out['Roster-Account'] = state.account;
  if (options.background)
    out['Roster-Background'] = '1';
  return out;
}

async function refusal(answer) {
  const text = await answer.text().catch(() => '');
  let detail = '';
  try {
    detail = JSON.parse(text).detail;
  } catch { /* somebody else has answered */ }
  return new Refusal(answer.status, typeof detail === 'string' && detail !== '' ? detail
    : `The server answered with HTTP ${answer.status}. Try again; if it stays so, tell the operator.`,
  Number(answer.headers.get('Retry-After')) || 0);
}

async function once(method, url, options) {
  let answer;
  try {
    answer = await fetch(url, {
      method, headers: headers(options, method), cache: 'no-store', redirect: 'error', credentials: 'same-origin',
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: method === 'GET' && !options.stays ? state.leave.signal : undefined,
    });
  } catch (error) {
    throw error.name === 'AbortError' ? new Cancelled() : new Unreachable();
  }
  if (!answer.ok)
    throw await refusal(answer);
  state.date = Date.parse(answer.headers.get('Date')) || Date.now();
  if (!options.background)
    state.used?.();
  return answer.status === 204 ? null : answer.json().catch(() => {
    throw new Refusal(answer.status, 'The answer cannot be read. Try again; if it stays so, tell the operator.');
  });
}

/* Another page of the console has confirmed: the session has another proof now. */
async function renewed() {
  const before = state.session;
  const now = await once('GET', address(['session']), {background: true, stays: true});
  if (now.admin.id !== before?.admin.id)
    return false;
  state.session = now;
  return true;
}

/*
 * options: query, body; own: about the staff themselves, not the account chosen; background: nobody asked for it; stays: goes
 * on when the page is left.
 */
export async function call(method, segments, options = {}) {
  const url = address(segments, options.query);
  for (let round = 0; ; round++) {
    try {
      return await once(method, url, options);
    } catch (error) {
      if (error.code === 'CONFIRM_REQUIRED' && round < 3) {
        if (!await state.confirm())
          throw new Cancelled();
      } else if (error.code === 'CSRF_TOKEN' && round === 0 && await renewed()) {
        continue;
      } else {
        if (/^SESSION_/.test(error.code))
          state.ended(error);
        throw error;
      }
    }
  }
}

export const get = (segments, query, options) => call('GET', segments, {query, ...options});
export const post = (segments, body, query) => call('POST', segments, {body, query});
export const patch = (segments, body) => call('PATCH', segments, {body});
export const remove = (segments, query) => call('DELETE', segments, {query});

/* The pages of a list one after another, `most` entries a page; list: the name of the member that holds them. */
export async function* pages(segments, query, list, most = 1000) {
  for (let after = query.after; ;) {
    const page = await get(segments, {...query, after, limit: most});
    yield page[list];
    after = page.next ?? undefined;
    if (after === undefined)
      return;
  }
}

/* All entries of a list that is never long. */
export async function all(segments, list) {
  const out = [];
  for await (const page of pages(segments, {}, list))
    out.push(...page);
  return out;
}

/* A page of entries: a page of the server may be short, or empty, though others follow. */
export async function gather(segments, query, list, most = 50, rounds = 8) {
  const found = [];
  const cursor = 'before' in query ? 'before' : 'after';
  let next = query[cursor];
  let page;
  for (let round = 0; round < rounds && found.length < most; round++) {
    page = await get(segments, {...query, [cursor]: next, limit: most - found.length});
    found.push(...page[list]);
    next = page.next;
    if (next === null || next === undefined)
      break;
  }
  return {found, next: next ?? null, page};
}
