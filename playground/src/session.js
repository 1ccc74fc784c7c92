// Who asks and about which company. Only demo keys are remembered: a real key lives in this page's memory alone.
import { recalled, remember } from './storage.js';

const STORED = 'ledgermesh:session';

/** @typedef {{key: string, company: string}} Session */

/** @param {import('./config.js').Config} config */
const isDemoKey = (config, key) => config.keys.some((known) => known.key === key);

/** @returns {Partial<Session>} */
function stored() {
  try {
    return JSON.parse(recalled(STORED)) ?? {};
  } catch {
    return {}; // a damaged storage means a first visit
  }
}

/**
 * @param {import('./config.js').Config} config
 * @returns {Session}
 */
export function openSession(config) {
  const { key, company } = stored();
  const knownCompany = config.companies.length === 0 || config.companies.some((known) => known.key === company);
  return {
    key: isDemoKey(config, key) ? key : (config.keys[0]?.key ?? ''),
    company: typeof company === 'string' && (company === '' || knownCompany) ? company : (config.defaultCompany ?? ''),
  };
}

/**
 * @param {import('./config.js').Config} config
 * @param {Session} session
 */
export function rememberSession(config, { key, company }) {
  remember(STORED, JSON.stringify(isDemoKey(config, key) ? { key, company } : { company }));
}
