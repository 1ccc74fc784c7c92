// How the sources of an answer did. An answer without errors may still lack a provider's records.
import { isObject, nameOf, placeOf } from './places.js';

/**
 * @typedef {object} Group
 * @property {string} place the list that the verdicts are about, for example `company / invoices`
 * @property {any[]} verdicts as the query selected them
 */

/**
 * @typedef {object} Lack
 * @property {string} name the connection's id, where the query selected it
 * @property {string[]} codes what happened; none where the provider has no such records
 * @property {string} reason
 * @property {boolean} unsupported
 */

/** The verdict on a source: an entry of a `sources` list, or of a report's answers. Records have no connection of their own. */
const isVerdict = (value, name) => isObject(value) && (name === 'sources' || ('connection' in value && 'status' in value));

/**
 * Every list of the data that says how its sources did.
 * @param {any} data
 * @returns {Group[]}
 */
export function sourceGroups(data) {
  const groups = [];
  const visit = (value, path, name) => {
    if (Array.isArray(value)) visitList(value, path, name);
    else if (isObject(value)) Object.entries(value).forEach(([key, inner]) => visit(inner, [...path, key], key));
  };
  const visitList = (list, path, name) => {
    const verdicts = list.filter((one) => isVerdict(one, name));
    if (verdicts.length) groups.push({ place: placeOf(name === 'sources' ? path.slice(0, -1) : path), verdicts });
    else list.forEach((one, index) => isObject(one) && visit(one, [...path, nameOf(one, index)], name));
  };
  visit(data, []);
  return groups;
}

/** Only what the query selected is known. */
const isWhole = ({ completeness, status }) => (completeness ? completeness === 'COMPLETE' : !status || status === 'OK');

/**
 * Every source that is not complete, each thing said once.
 * @param {Group[]} groups
 * @returns {Lack[]}
 */
export function incompleteSources(groups) {
  const found = new Map();
  for (const source of groups.flatMap(({ verdicts }) => verdicts)) {
    if (isWhole(source)) continue;
    const lack = lackOf(source);
    found.set(JSON.stringify(lack), lack);
  }
  const lacks = [...found.values()];
  const isExplained = (lack) => lacks.some((other) => other.reason && other.name === lack.name && other.unsupported === lack.unsupported);
  return lacks.filter((lack) => lack.reason || !isExplained(lack));
}

/** @returns {Lack} */
function lackOf(source) {
  const { completeness, status, error, reason } = source;
  const unsupported = status === 'UNSUPPORTED';
  const what = status && status !== 'OK' ? status : error?.code;
  return {
    name: sourceName(source),
    codes: unsupported ? [] : [what, completeness === 'PARTIAL' && completeness].filter(Boolean),
    reason: reason ?? error?.message ?? '',
    unsupported,
  };
}

/** What a source is called, from whatever the query selected of it. */
export const sourceName = ({ connection, provider }) =>
  idOf(connection) ?? idOf(connection?.provider) ?? idOf(provider) ?? 'a source';

/** Selected as an object, or standing as an id. */
const idOf = (named) => (typeof named === 'string' ? named : (named?.id ?? named?.name ?? named?.key));

/** How a verdict looks: what a provider does not have is no fault. */
export function lookOf({ status, completeness, error }) {
  if (status === 'UNSUPPORTED') return 'lm-plain';
  if (completeness === 'NONE' || (error && completeness !== 'PARTIAL')) return 'lm-failed';
  return isWhole({ completeness, status }) ? 'lm-fine' : 'lm-warned';
}
