// A share link that is pasted into a page which is open already.
import { useEffect } from 'react';
import { tell } from './notices.js';
import { forgetFragment, openLink } from './share.js';
import { useOpenTab } from './tabs.js';

/**
 * @param {object} props
 * @param {import('./config.js').Config} props.config
 * @param {(change: Partial<import('./session.js').Session>) => void} props.onChange
 */
export function OpenLinks({ config, onChange }) {
  const openTab = useOpenTab();
  useEffect(() => {
    const follow = () => {
      const opened = openLink(location.hash, config);
      if (!opened) return;
      forgetFragment();
      if (opened.query) openTab(opened.query, opened.variables);
      onChange(opened.session);
      tell(opened.problem ? { text: opened.problem, isProblem: true } : { text: 'The link is open in a tab of its own.' });
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  });
  return null;
}
