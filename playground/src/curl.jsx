// A toolbar button that copies the request as a curl line.
import { pick, ToolbarButton, tryParseJSONC, useGraphiQL } from '@graphiql/react';
import { ENDPOINT } from './config.js';
import { requestHeaders } from './fetcher.js';

const editorsOf = pick('queryEditor', 'variableEditor', 'operationName');

/** Quoted for a POSIX shell. */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * A typed key does not go to the clipboard: the line reads it from the shell.
 * @param {string} name
 * @param {string} value
 * @param {boolean} isSecret
 */
function headerPart(name, value, isSecret) {
  if (name === 'Authorization' && isSecret) return `-H "Authorization: Bearer $LEDGERMESH_KEY"`;
  return `-H ${quoted(`${name}: ${value}`)}`;
}

/**
 * @param {object} props
 * @param {import('./session.js').Session} props.session
 * @param {boolean} props.isSecret whether the key is a real one
 */
export function CopyAsCurl({ session, isSecret }) {
  const { queryEditor, variableEditor, operationName } = useGraphiQL(editorsOf);
  const copy = () => {
    const variables = tryParseJSONC(variableEditor?.getValue() ?? '');
    const body = JSON.stringify({ query: queryEditor?.getValue() ?? '', variables, operationName });
    const { Accept: _accept, ...headers } = requestHeaders(session);
    const parts = Object.entries(headers).map(([name, value]) => headerPart(name, value, isSecret));
    return navigator.clipboard.writeText(['curl', quoted(ENDPOINT), ...parts, '--data', quoted(body)].join(' '));
  };
  return (
    <ToolbarButton label="Copy as curl" onClick={copy}>
      <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" aria-hidden="true">
        <path d="m5 7 5 5-5 5M13 17h6" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </ToolbarButton>
  );
}
