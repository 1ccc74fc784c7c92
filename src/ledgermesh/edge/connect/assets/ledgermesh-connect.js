// LedgermeshConnect: lets an end user link a company's books from within your app.
//
//   <script src="https://gateway.example/connect/ledgermesh-connect.js"></script>
//
//   LedgermeshConnect.open({
//     token,                 // from your backend: the mutation that makes a link token
//     mode: 'popup',         // 'popup' (default), 'iframe' (an overlay on this page), or 'redirect'
//     onSuccess(result) {},  // { connection }: the id of the connection that was linked
//     onExit(result) {},     // { status }: 'cancelled', 'failed', or 'closed'
//   });                      // gives { close() }
//
// This page's origin must be among the tenant's allowed URLs; nothing is told to any other. With 'redirect', and where
// a browser opens no window, the user leaves this page and comes back to the token's return URL with ?status=linked|
// cancelled|failed and &connection=…. Where a provider's own page cuts the tie between window and app, the window too
// ends at the return URL and onExit says 'closed': ask your backend then. Call it in a click, or popups are blocked.
'use strict';
(() => {
  const base = new URL('.', document.currentScript.src).href;
  const origin = new URL(base).origin;
  const LOOK_MS = 400;

  function popup(url) {
    const left = Math.max(0, (screen.availWidth - 520) / 2);
    const shown = window.open(url, 'ledgermesh-connect', `popup,width=520,height=760,left=${left},top=60`);
    return shown && { window: () => shown, gone: () => shown.closed, close: () => shown.close() };
  }

  function overlay(url, exit) {
    const dialog = document.createElement('dialog');
    const frame = document.createElement('iframe');
    const close = document.createElement('button');
    dialog.setAttribute('aria-label', 'Connect');
    Object.assign(dialog.style, { padding: 0, border: 0, borderRadius: '12px', overflow: 'hidden',
      width: 'min(34rem, 100vw)', height: 'min(46rem, 96vh)', maxWidth: '100vw', maxHeight: '100vh' });
    Object.assign(frame.style, { border: 0, width: '100%', height: '100%', display: 'block' });
    Object.assign(close.style, { position: 'absolute', top: '12px', right: '12px', width: '36px', height: '36px',
      border: 0, borderRadius: '50%', background: '#eef1f4', color: '#1b1f24', font: '20px/1 sans-serif', cursor: 'pointer' });
    frame.src = url;
    frame.title = 'Connect';
    close.type = 'button';
    close.textContent = '×';
    close.setAttribute('aria-label', 'Close');
    close.addEventListener('click', exit);
    dialog.addEventListener('cancel', (event) => { event.preventDefault(); exit(); });
    dialog.append(frame, close);
    document.body.append(dialog);
    dialog.showModal();
    return { window: () => frame.contentWindow, gone: () => false, close: () => dialog.remove() };
  }

  function open({ token, mode = 'popup', onSuccess = () => {}, onExit = () => {} }) {
    const url = `${base}${encodeURIComponent(token)}`;
    let over = false;
    let timer = 0;
    let shown = null;

    function end(then, result) {
      if (over) return;
      over = true;
      clearInterval(timer);
      removeEventListener('message', heard);
      shown.close();
      then(result);
    }
    function heard(event) {
      if (event.origin !== origin || event.source !== shown.window()) return;
      if (!event.data || event.data.type !== 'ledgermesh-connect') return;
      const { status, connection } = event.data;
      if (status === 'linked') end(onSuccess, { connection });
      else end(onExit, { status });
    }
    const exit = () => end(onExit, { status: 'closed' });

    if (mode === 'iframe') shown = overlay(`${url}?mode=iframe`, exit);
    else if (mode === 'popup') shown = popup(`${url}?mode=popup`);
    if (!shown) {
      location.href = url;
      return { close() {} };
    }
    addEventListener('message', heard);
    // The window's last message may arrive after it is seen to be closed.
    timer = setInterval(() => { if (shown.gone()) setTimeout(exit, LOOK_MS); }, LOOK_MS);
    return { close: exit };
  }

  window.LedgermeshConnect = Object.freeze({ open });
})();
