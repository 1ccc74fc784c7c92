// Which sources of an answer are not whole. An answer without errors may still lack a provider's records.

/**
 * Every entry of a `sources` list, anywhere in the data, that says it is not complete. Only what the query selected is known.
 * @param {any} data
 * @returns {{name: string, state: string}[]}
 */
export function incompleteSources(data) {
  const found = new Map();
  const visit = (value) => {
    if (value === null || typeof value !== 'object') return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'sources' && Array.isArray(inner)) inner.forEach(note);
      else visit(inner);
    }
  };
  const note = (source) => {
    if (!source?.completeness || source.completeness === 'COMPLETE') return;
    const { completeness, status, error, reason } = source;
    const code = error?.code === status ? null : error?.code;
    const words = [completeness !== 'NONE' && completeness.toLowerCase(), status !== 'OK' && status, code, reason];
    const entry = { name: nameOf(source), state: words.filter(Boolean).join(': '), unsupported: status === 'UNSUPPORTED' };
    found.set(`${entry.name} ${entry.state}`, entry);
  };
  visit(data);
  return [...found.values()];
}

/** A connection may be selected as an object or stand as its id. */
function nameOf({ connection, provider }) {
  const named = provider ?? connection?.provider ?? connection;
  return named?.name ?? named?.key ?? named?.id ?? (typeof named === 'string' ? named : 'a source');
}
