// The page: brand bar above, GraphiQL with our panels below.
import { useMemo, useRef, useState } from 'react';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { AnswerView } from './answer.jsx';
import { isPhone, startExample, variablesText } from './config.js';
import { CopyAsCode, CopyLink } from './copy.jsx';
import { examplesPlugin } from './examples.jsx';
import { createFetcher } from './fetcher.js';
import { FitEditors } from './fit.jsx';
import { OpenLinks } from './links.jsx';
import { Notice } from './notice.jsx';
import { tell } from './notices.js';
import { openSession, rememberSession } from './session.js';
import { forgetFragment, openLink } from './share.js';
import { recalled } from './storage.js';
import { EDITOR_THEME } from './theme.js';
import { TopBar } from './topbar.jsx';

const WIDE = '(min-width: 1100px)';
const NOTHING = '# Write a query. Ctrl-Space completes, Ctrl-Enter runs.\n';

/**
 * What GraphiQL starts with: the query of a link in its own tab, the tabs of the last visit, or an example.
 * GraphiQL drops the variables of its first default tab, so they are given as initial values.
 * @param {import('./config.js').Config} config
 * @param {import('./share.js').Opened | null} link
 */
function start(config, link) {
  const isReturning = recalled('graphiql:tabState');
  const panel = !isReturning && matchMedia(WIDE).matches ? { visiblePlugin: 'Examples' } : {};
  if (link?.query) return { initialQuery: link.query, initialVariables: link.variables, ...panel };
  if (isReturning) return {};
  const example = startExample(config);
  if (!example) return { defaultQuery: NOTHING };
  return { initialQuery: example.query, initialVariables: variablesText(example), ...panel };
}

/** @param {import('./config.js').Config} config */
function openedLink(config) {
  const link = openLink(location.hash, config);
  if (link) forgetFragment();
  if (link?.problem) tell({ text: link.problem, isProblem: true });
  return link;
}

/** @param {import('./config.js').Config} config @param {import('./share.js').Opened | null} link */
function useSession(config, link) {
  const [session, setSession] = useState(() => ({ ...openSession(config), ...link?.session }));
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
  const [link] = useState(() => openedLink(config));
  const { session, change, fetcher } = useSession(config, link);
  const [first] = useState(() => start(config, link));
  const plugins = useMemo(
    () => [examplesPlugin(config.examples), { ...explorerPlugin({ showAttribution: false }), title: 'Explorer' }, HISTORY_PLUGIN],
    [config],
  );
  const demoKey = config.keys.some(({ key }) => key === session.key) ? session.key : null;
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
                <CopyAsCode session={session} demoKey={demoKey} />
                <CopyLink config={config} session={session} />
              </>
            )}
          </GraphiQL.Toolbar>
          <GraphiQL.Footer>
            <AnswerView />
          </GraphiQL.Footer>
          <FitEditors />
          <OpenLinks config={config} onChange={change} />
        </GraphiQL>
      </main>
      <Notice />
    </div>
  );
}
