// What the connect pages do beyond plain HTML: show errors first, send a form once, and tell the page that opened
// them how it ended. Without a script everything but frames and windows of an app works alike.
'use strict';
(() => {
  const { mode, origins, ended, connection, back, status } = document.body.dataset;
  const LOOK_MS = 1500;

  // Only the tenant's own origins hear anything; a message to any other is dropped by the browser.
  function tell(message) {
    const opener = mode === 'popup' ? window.opener : mode === 'iframe' ? window.parent : null;
    if (!opener || opener === window) return false;
    for (const origin of (origins || '').split(' ').filter(Boolean)) {
      opener.postMessage({ type: 'ledgermesh-connect', ...message }, origin);
    }
    return true;
  }

  function leave(outcome, address, id) {
    if (mode === 'tab') return void window.close();
    if (mode === 'redirect') return void (location.href = address);
    const told = tell({ status: outcome, connection: id || '' });
    if (mode === 'popup') {
      window.close();
      // A provider's page may have cut the tie to the app: then the app's own address is told.
      if (!told && address) location.replace(address);
    }
  }

  for (const link of document.querySelectorAll('a[data-outcome]')) {
    link.addEventListener('click', (event) => {
      if (mode === 'redirect') return;
      event.preventDefault();
      leave(link.dataset.outcome, link.href, '');
    });
  }

  function watch(form) {
    const waiting = document.querySelector('.waiting');
    const ways = document.querySelector('.ways');
    let timer = 0;
    const show = (on) => { waiting.hidden = !on; ways.hidden = on; };
    const look = async () => {
      try {
        const found = await (await fetch(status)).json();
        if (found.status === 'linked') return void tell({ status: 'linked', connection: found.connection });
        if (found.status === 'over') return void location.reload();
      } catch { /* the network comes back */ }
      timer = setTimeout(look, LOOK_MS);
    };
    // Providers refuse to be framed, and a framed page has no cookies: the consent gets a window of its own.
    form.target = 'ledgermesh-consent';
    form.action = form.action.replace('mode=iframe', 'mode=tab');
    form.addEventListener('submit', () => { clearTimeout(timer); show(true); timer = setTimeout(look, LOOK_MS); });
    waiting.querySelector('[data-again]').addEventListener('click', () => { clearTimeout(timer); show(false); });
  }

  for (const form of document.querySelectorAll('form')) {
    if (mode === 'iframe' && 'consent' in form.dataset) { watch(form); continue; }
    let sent = false;
    form.addEventListener('submit', (event) => {
      if (sent) return void event.preventDefault();
      sent = true;
      for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
    });
    // Back from the next page: the form may be sent again.
    addEventListener('pageshow', () => {
      sent = false;
      for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
    });
  }

  document.querySelector('.alert, .error')?.focus();
  document.querySelector('form[novalidate] [aria-invalid]')?.focus();
  if (ended && mode !== 'redirect') leave(ended, back, connection);
})();
