// Two toolbar buttons: the request as code, and a link to it.
import { parseJSONC, pick, ToolbarButton, ToolbarMenu, useGraphiQL } from '@graphiql/react';
import { curlCode, pythonCode, typescriptCode } from './code.js';
import { ENDPOINT } from './config.js';
import { knownOperation, requestHeaders } from './fetcher.js';
import { copyText, tell } from './notices.js';
import { linkTo } from './share.js';

const LANGUAGES = [
  { name: 'curl', write: curlCode },
  { name: 'Python', write: pythonCode },
  { name: 'TypeScript', write: typescriptCode },
];
const editorsOf = pick('queryEditor', 'variableEditor', 'headerEditor', 'operationName');

const Icon = ({ children }) => (
  <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
    {children}
  </svg>
);

/** Nothing typed is nothing sent. @param {string | undefined} text */
const typed = (text) => (text?.trim() ? parseJSONC(text) : undefined);

/**
 * What the editors hold, as it would be sent.
 * @param {any} editors
 * @param {import('./session.js').Session} session
 * @param {string | null} demoKey
 * @returns {import('./code.js').Asked}
 */
function asked({ queryEditor, variableEditor, headerEditor, operationName }, session, demoKey) {
  const query = queryEditor?.getValue() ?? '';
  const extra = typed(headerEditor?.getValue()) ?? {};
  const isTyped = (name) => Object.keys(extra).some((other) => other.toLowerCase() === name.toLowerCase());
  const { Accept: _accept, ...own } = requestHeaders(session);
  // Without a key the code still says where one belongs.
  const unnamed = Object.entries({ Authorization: '', ...own }).filter(([name]) => !isTyped(name));
  return {
    url: ENDPOINT,
    query,
    variables: typed(variableEditor?.getValue()),
    operationName: knownOperation(query, operationName),
    headers: { ...Object.fromEntries(unnamed), ...extra },
    demoKey: isTyped('Authorization') ? null : demoKey,
  };
}

/**
 * @param {object} props
 * @param {import('./session.js').Session} props.session
 * @param {string | null} props.demoKey the key, if everyone may see it
 */
export function CopyAsCode({ session, demoKey }) {
  const editors = useGraphiQL(editorsOf);
  const copy = ({ name, write }) => {
    try {
      copyText(write(asked(editors, session, demoKey)), `Copied as ${name}.`);
    } catch (error) {
      tell({ text: `Variables and headers must be JSON first: ${error.message}.`, isProblem: true });
    }
  };
  const button = (
    <ToolbarButton label="Copy as code">
      <Icon>
        <path d="m8 7-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14" />
      </Icon>
    </ToolbarButton>
  );
  return (
    <ToolbarMenu button={button}>
      {LANGUAGES.map((language) => (
        <ToolbarMenu.Item key={language.name} onSelect={() => copy(language)}>
          Copy as {language.name}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}

/**
 * @param {object} props
 * @param {import('./config.js').Config} props.config
 * @param {import('./session.js').Session} props.session
 */
export function CopyLink({ config, session }) {
  const { queryEditor, variableEditor } = useGraphiQL(editorsOf);
  const copy = () => {
    const shared = {
      query: queryEditor?.getValue() ?? '',
      variables: variableEditor?.getValue() ?? '',
      company: session.company,
      key: config.keys.find(({ key }) => key === session.key)?.label ?? null,
      environment: config.environment,
    };
    const link = shared.query.trim() && linkTo(shared, location.origin + location.pathname + location.search);
    if (link) copyText(link, 'Link copied. It holds no key.');
    else tell({ text: shared.query.trim() ? 'This query is too long for a link.' : 'There is no query to share.', isProblem: true });
  };
  return (
    <ToolbarButton label="Copy a link to this query" onClick={copy}>
      <Icon>
        <path d="M9.5 14.5l5-5M11 7l2.3-2.3a4.2 4.2 0 0 1 6 6L17 13M13 17l-2.3 2.3a4.2 4.2 0 0 1-6-6L7 11" />
      </Icon>
    </ToolbarButton>
  );
}
