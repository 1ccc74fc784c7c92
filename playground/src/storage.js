// What the browser keeps between visits. One that forbids storage still works, it only forgets.

/** @param {string} name */
export function recalled(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} text */
export function remember(name, text) {
  try {
    localStorage.setItem(name, text);
  } catch {
    // see above
  }
}
