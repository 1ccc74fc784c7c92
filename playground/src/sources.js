// Which sources of an answer are not whole. An answer without errors may still lack a provider's records.

/**
 * @typedef {object} Lack
 * @property {string} name the connection's id, where the query selected it
 * @property {string[]} codes what happened; none where the provider has no such records
 * @property {string} reason
 * @property {boolean} unsupported
 */

/** The verdict on a source: an entry of a `sources` list, or of a report's answers. Records have no connection of their own. */
const isVerdict = (value, list) => list === 'sources' || ('connection' in value && 'status' in value);

/** Only what the query selected is known. */
const isWhole = ({ completeness, status }) => (completeness ? completeness === 'COMPLETE' : !status || status === 'OK');

/**
 * Every source that is not complete, anywhere in the data, each thing said once.
 * @param {any} data
 * @returns {Lack[]}
 */
export function incompleteSources(data) {
  const found = new Map();
  const visit = (value, list) => {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) value.forEach((one) => visit(one, list));
    else if (isVerdict(value, list)) note(value);
    else Object.entries(value).forEach(([name, inner]) => visit(inner, name));
  };
  const note = (source) => {
    if (isWhole(source)) return;
    const lack = lackOf(source);
    found.set(JSON.stringify(lack), lack);
  };
  visit(data);
  const lacks = [...found.values()];
  const isExplained = (lack) => lacks.some((other) => other.reason && other.name === lack.name && other.unsupported === lack.unsupported);
  return lacks.filter((lack) => lack.reason || !isExplained(lack));
}

/** @returns {Lack} */
function lackOf({ connection, provider, completeness, status, error, reason }) {
  const unsupported = status === 'UNSUPPORTED';
  const what = status && status !== 'OK' ? status : error?.code;
  return {
    name: nameOf(connection) ?? nameOf(connection?.provider) ?? nameOf(provider) ?? 'a source',
    codes: unsupported ? [] : [what, completeness === 'PARTIAL' && completeness].filter(Boolean),
    reason: reason ?? error?.message ?? '',
    unsupported,
  };
}

/** Selected as an object, or standing as an id. */
const nameOf = (named) => (typeof named === 'string' ? named : (named?.id ?? named?.name ?? named?.key));
