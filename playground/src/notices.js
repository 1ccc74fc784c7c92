// One message to the user at a time, beside whatever the page shows.

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {boolean} [isProblem] stays until it is closed
 * @property {string} [toCopy] text that could not be put on the clipboard
 */

/** @type {Notice | null} */
let current = null;
const listeners = new Set();

/** @param {Notice | null} notice */
export function tell(notice) {
  current = notice;
  listeners.forEach((listener) => listener());
}

export const currentNotice = () => current;

/** @param {() => void} listener */
export function onNotice(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Put text on the clipboard; where the browser forbids that (a page without TLS), show it to be copied by hand.
 * @param {string} text
 * @param {string} done what to say then
 */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    tell({ text: done });
  } catch {
    tell({ text: 'The browser does not let this page copy. Here is the text:', isProblem: true, toCopy: text });
  }
}
