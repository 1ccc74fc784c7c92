// A link to a query: everything that makes it except the key, in the fragment, which no server sees.

const MARK = '#share=';
const LENGTH_MAX = 100_000;
/** What a header may carry. */
const ACCOUNT_KEY = /^[\x21-\x7e]{0,200}$/;

/**
 * @typedef {object} Shared
 * @property {string} query
 * @property {string} variables as text, as in the editor
 * @property {string} company account key; empty: named in the query
 * @property {string | null} key the label of a demo key; null: a key that is not shared
 * @property {'sandbox' | 'live'} environment
 */

/** @param {string} text */
const packed = (text) => {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
};

/** @param {string} text */
const unpacked = (text) => {
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
};

/**
 * @param {Shared} shared
 * @param {string} page the page's address without a fragment
 * @returns {string | null} null: too long for a link
 */
export function linkTo({ query, variables, company, key, environment }, page) {
  const fragment = MARK + packed(JSON.stringify({ query, variables, company, key, environment }));
  return fragment.length > LENGTH_MAX ? null : page + fragment;
}

const isText = (value) => typeof value === 'string';

/** @returns {value is Shared} */
const isShared = (value) =>
  [value?.query, value?.variables, value?.company].every(isText) &&
  value.query.trim() !== '' &&
  ACCOUNT_KEY.test(value.company) &&
  (value.key === null || isText(value.key)) &&
  ['sandbox', 'live'].includes(value.environment);

/** @param {string} fragment with its `#` */
function read(fragment) {
  if (!fragment.startsWith(MARK) || fragment.length > LENGTH_MAX) return null;
  try {
    const value = JSON.parse(unpacked(fragment.slice(MARK.length)));
    return isShared(value) ? value : null;
  } catch {
    return null; // cut short or mistyped on its way
  }
}

/** The part of a link that holds here, and what does not, in words. */
function fitted(shared, config) {
  const { query, variables, company, key, environment } = shared;
  const page = { query, variables };
  if (environment !== config.environment) {
    return { ...page, session: {}, problem: `This link was made in ${environment} and this is ${config.environment}: only its query was taken.` };
  }
  const isKnown = company === '' || config.companies.length === 0 || config.companies.some((known) => known.key === company);
  const demo = config.keys.find(({ label }) => label === key);
  const problems = [
    !isKnown && `The company “${company}” of this link is not known here.`,
    key !== null && !demo && `The key “${key}” of this link is not known here.`,
    key === null && config.keys.length > 0 && 'This link was made with a key of its own, which is not in it.',
  ];
  return {
    ...page,
    session: { ...(isKnown && { company }), ...(demo && { key: demo.key }) },
    problem: problems.filter(Boolean).join(' ') || null,
  };
}

/**
 * @typedef {object} Opened
 * @property {string} [query] missing: nothing could be read
 * @property {string} [variables]
 * @property {Partial<import('./session.js').Session>} session what to change
 * @property {string | null} problem to tell
 */

/**
 * @param {string} fragment of the page's address, with its `#`
 * @param {import('./config.js').Config} config
 * @returns {Opened | null} null: no link
 */
export function openLink(fragment, config) {
  if (fragment.length < 2) return null;
  const shared = read(fragment);
  return shared ? fitted(shared, config) : { session: {}, problem: 'This link is damaged or not one of this page: it was ignored.' };
}

/** The link has done its work: a reload must not undo what was changed since. */
export const forgetFragment = () => history.replaceState(history.state, '', location.pathname + location.search);
