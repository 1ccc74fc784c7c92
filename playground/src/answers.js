// The newest answer with what the response pane does not show: status, time, size.

/**
 * @typedef {object} Answer
 * @property {number} status HTTP status
 * @property {number} ms from sending to the last byte
 * @property {number} bytes of the body, as text
 * @property {string} text exactly what the response pane shows for it
 */

/** @type {Answer | null} */
let newest = null;
const listeners = new Set();

/** @param {Answer} answer */
export function recordAnswer(answer) {
  newest = answer;
  listeners.forEach((listener) => listener());
}

export const newestAnswer = () => newest;

/** @param {() => void} listener */
export function onAnswer(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
