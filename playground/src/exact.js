// JSON as sent: money must not be rounded on its way to the screen.

/** @param {string} text @param {(digits: string) => unknown} keep for a number that JavaScript would change */
const parseKeeping = (text, keep) =>
  JSON.parse(text, (_name, value, context) =>
    typeof value === 'number' && context && String(value) !== context.source ? keep(context.source) : value,
  );

/**
 * Parse JSON; a number that JavaScript would change (1.10, 1234567890123456.789) keeps its own digits when it is
 * written again. Browsers without `JSON.rawJSON` parse as usual.
 * @param {string} text
 */
export const parseExact = (text) => (JSON.rawJSON ? parseKeeping(text, JSON.rawJSON) : JSON.parse(text));

/**
 * Parse JSON for showing; a number that JavaScript would change becomes its digits as text.
 * @param {string} text
 */
export const parseForShow = (text) => parseKeeping(text, String);
