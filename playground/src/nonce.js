// Gives the page's nonce to every <style> element made at run time (Monaco, dialogs), as the policy asks.
// Imported first, because modules make styles while they load.

const nonce = document.querySelector('meta[property="csp-nonce"]')?.nonce ?? '';
const createElement = document.createElement.bind(document);

document.createElement = (name, options) => {
  const element = createElement(name, options);
  if (nonce && element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
