// The page: brand bar above, GraphiQL with our panels below.
import { useMemo, useRef, useState } from 'react';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { AnswerStrip } from './answer.jsx';
import { isPhone, startExample, variablesText } from './config.js';
import { CopyAsCurl } from './curl.jsx';
import { examplesPlugin } from './examples.jsx';
import { createFetcher } from './fetcher.js';
import { FitEditors } from './fit.jsx';
import { openSession, rememberSession } from './session.js';
import { EDITOR_THEME } from './theme.js';
import { TopBar } from './topbar.jsx';

const WIDE = '(min-width: 1100px)';
const NOTHING = '# Write a query. Ctrl-Space completes, Ctrl-Enter runs.\n';

/**
 * GraphiQL drops the variables of its first default tab, so a first visit gets them as initial values.
 * @param {import('./config.js').Config} config
 */
function firstVisit(config) {
  if (localStorage.getItem('graphiql:tabState')) return {};
  const example = startExample(config);
  if (!example) return { defaultQuery: NOTHING };
  const start = { initialQuery: example.query, initialVariables: variablesText(example) };
  return matchMedia(WIDE).matches ? { ...start, visiblePlugin: 'Examples' } : start;
}

/** @param {import('./config.js').Config} config */
function useSession(config) {
  const [session, setSession] = useState(() => openSession(config));
  const current = useRef(session);
  const change = (part) => {
    current.current = { ...current.current, ...part };
    rememberSession(config, current.current);
    setSession(current.current);
  };
  // A new key sees another schema, so it makes a new fetcher and GraphiQL asks again; a new company does not.
  const fetcher = useMemo(() => createFetcher(() => current.current), [session.key]);
  return { session, change, fetcher };
}

/** @param {{config: import('./config.js').Config}} props */
export function App({ config }) {
  const { session, change, fetcher } = useSession(config);
  const [first] = useState(() => firstVisit(config));
  const plugins = useMemo(
    () => [examplesPlugin(config.examples), { ...explorerPlugin({ showAttribution: false }), title: 'Explorer' }, HISTORY_PLUGIN],
    [config],
  );
  const isSecret = !config.keys.some(({ key }) => key === session.key);
  return (
    <div className="lm-page">
      <TopBar config={config} session={session} onChange={change} />
      <main className="lm-workbench">
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          editorTheme={EDITOR_THEME}
          shouldPersistHeaders={false}
          defaultEditorToolsVisibility={!isPhone()}
          {...first}
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <GraphiQL.Toolbar>
            {({ prettify, merge, copy }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <CopyAsCurl session={session} isSecret={isSecret} />
              </>
            )}
          </GraphiQL.Toolbar>
          <GraphiQL.Footer>
            <AnswerStrip />
          </GraphiQL.Footer>
          <FitEditors />
        </GraphiQL>
      </main>
    </div>
  );
}
