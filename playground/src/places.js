// Where in an answer's data something stands, in words: `company / invoices`, `companies / Maple Bakery / bills`.

const NAMES = ['displayName', 'name', 'title', 'label', 'number', 'code', 'key', 'id'];

export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** The field by which people know an object, if the query asked for one. */
export const nameField = (value) =>
  NAMES.find((name) => typeof value[name] === 'string' || typeof value[name] === 'number');

/** An object in a word; one of a list may also be known by its connection or by its number. */
export function nameOf(value, index) {
  const named = value?.[nameField(value ?? {})] ?? value?.connection?.id;
  return String(named ?? `#${index + 1}`);
}

/** @param {string[]} path */
export const placeOf = (path) => path.join(' / ');
