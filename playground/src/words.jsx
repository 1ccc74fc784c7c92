// Prose that names things of the schema between backticks.

/** @param {string} text */
export const worded = (text) => text.split('`').map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));
