// JSON as sent: money must not be rounded on its way to the screen.

/**
 * Parse JSON; a number that JavaScript would change (1.10, 1234567890123456.789) keeps its own digits.
 * Browsers without `JSON.rawJSON` parse as usual.
 * @param {string} text
 */
export function parseExact(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_name, value, context) =>
    typeof value === 'number' && String(value) !== context.source ? JSON.rawJSON(context.source) : value,
  );
}
