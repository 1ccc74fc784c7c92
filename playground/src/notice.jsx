// The message at the bottom of the page; a problem stays until it is closed.
import { useEffect, useSyncExternalStore } from 'react';
import { currentNotice, onNotice, tell } from './notices.js';

const SHOWN_MS = 4000;

export function Notice() {
  const notice = useSyncExternalStore(onNotice, currentNotice);
  useEffect(() => {
    if (!notice || notice.isProblem) return undefined;
    const timer = setTimeout(() => tell(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div className="lm-notices" role={notice?.isProblem ? 'alert' : 'status'}>
      {notice && (
        <div className={notice.isProblem ? 'lm-notice lm-problem' : 'lm-notice'}>
          <span>{notice.text}</span>
          {notice.toCopy && <textarea readOnly rows={4} aria-label="Text to copy" value={notice.toCopy} onFocus={(event) => event.target.select()} />}
          <button type="button" onClick={() => tell(null)}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
