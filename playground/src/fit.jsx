// Keeps Monaco in step with the page: text size, and the system's change between light and dark.
import { useEffect } from 'react';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';

const EDITORS = ['queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'];
const FONT = 'ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const stateOf = pick('theme', ...EDITORS);

export function FitEditors() {
  const { theme, ...editors } = useGraphiQL(stateOf);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    for (const name of EDITORS) editors[name]?.updateOptions({ fontSize: 13, lineHeight: 20, fontFamily: FONT });
  }, EDITORS.map((name) => editors[name]));

  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => theme ?? setTheme(null); // a theme chosen in the settings stays
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);

  return null;
}
