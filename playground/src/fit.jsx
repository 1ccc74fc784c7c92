// Keeps Monaco in step with the page: text size, wrapping, an outdated error, and the system's change between light and dark.
import { useEffect, useRef } from 'react';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';

const EDITORS = ['queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'];
const FONT = 'ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const OPTIONS = { fontSize: 13, lineHeight: 20, fontFamily: FONT, wordWrap: 'on' };
const stateOf = pick('theme', 'fetchError', ...EDITORS);

export function FitEditors() {
  const { theme, fetchError, ...editors } = useGraphiQL(stateOf);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    for (const name of EDITORS) editors[name]?.updateOptions(OPTIONS);
  }, EDITORS.map((name) => editors[name]));

  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => theme ?? setTheme(null); // a theme chosen in the settings stays
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);

  const shown = useRef(null);
  useEffect(() => {
    // GraphiQL writes a missing schema's reason into the response and leaves it there when a better key helps.
    if (!fetchError && shown.current && editors.responseEditor?.getValue() === shown.current) editors.responseEditor.setValue('');
    shown.current = fetchError;
  }, [fetchError]);

  return null;
}
