// What the server tells the playground: `playground/config.json`, beside the page.

/**
 * @typedef {object} Example
 * @property {string} name file name of the operation, for example `newest-invoices`; with its folder, if it has one
 * @property {string | null} group in words; null for those at the top
 * @property {string} description
 * @property {string} query
 * @property {Record<string, unknown>} variables
 */

/**
 * @typedef {object} Config
 * @property {'sandbox' | 'live'} environment
 * @property {{label: string, key: string}[]} keys demo keys: they may be shown and stored
 * @property {{key: string, name: string}[]} companies
 * @property {string | null} defaultCompany
 * @property {Example[]} examples
 */

/** The endpoint, relative to the page: right under any mount path. */
export const ENDPOINT = new URL('graphql', document.baseURI).href;

/** A screen with one column; the same width as in style.css. */
export const isPhone = () => matchMedia('(max-width: 760px)').matches;

const START = 'newest-invoices';

/** @returns {Promise<Config>} */
export async function loadConfig() {
  const response = await fetch('playground/config.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(`config.json: HTTP ${response.status}`);
  return response.json();
}

/**
 * The example a first visit opens with.
 * @param {Config} config
 * @returns {Example | undefined}
 */
export function startExample({ examples }) {
  return examples.find((example) => example.name === START) ?? examples[0];
}

/** @param {Example} example */
export function variablesText({ variables }) {
  return Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '';
}
