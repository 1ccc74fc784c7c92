// The request as code: curl, Python, TypeScript. Keys come from the environment, never from the page.

/**
 * @typedef {object} Asked
 * @property {string} url
 * @property {string} query
 * @property {unknown} variables an object, or undefined
 * @property {string | undefined} operationName
 * @property {Record<string, string>} headers
 * @property {string | null} demoKey what everyone may see, used where the environment names no other
 */

/** Headers whose values are no secrets; of any other the value comes from the environment. */
const OPEN = new Set([
  'accept',
  'cache-control',
  'content-type',
  'idempotency-key',
  'x-account-key',
  'x-request-timeout',
  'x-sync-data',
  'x-sync-sources',
  'x-tracking-id',
]);

/** `X-Provider-Token` → `X_PROVIDER_TOKEN` */
const variableOf = (name) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/**
 * @typedef {object} Language
 * @property {(name: string, fallback: string | null) => string} authorization
 * @property {(name: string, variable: string) => string} secret
 * @property {(name: string, value: string) => string} open
 */

/**
 * The headers in order, each as code.
 * @param {Asked} asked
 * @param {Language} language
 */
function headersIn({ headers, demoKey }, { authorization, secret, open }) {
  return Object.entries(headers).map(([name, value]) => {
    if (name.toLowerCase() === 'authorization') return authorization(name, demoKey);
    return OPEN.has(name.toLowerCase()) ? open(name, String(value)) : secret(name, variableOf(name));
  });
}

/** Quoted for a POSIX shell. */
const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Inside double quotes of a POSIX shell. */
const inShell = (text) => text.replaceAll(/["\\$`]/g, '\\$&');

/** @param {Asked} asked */
export function curlCode(asked) {
  const { url, query, variables, operationName } = asked;
  const headers = headersIn(asked, {
    authorization: (name, fallback) => `-H "${name}: Bearer \${LEDGERMESH_KEY${fallback ? `:-${inShell(fallback)}` : ''}}"`,
    secret: (name, variable) => `-H "${inShell(name)}: $${variable}"`,
    open: (name, value) => `-H ${shell(`${name}: ${value}`)}`,
  });
  return [`curl ${shell(url)}`, ...headers, `--data-raw ${shell(JSON.stringify({ query, variables, operationName }))}`].join(' \\\n  ');
}

/** Text that a literal over several lines would change: other line ends and control characters. */
const isOdd = (text) => /[^\n\t\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text);

/** A JSON text is a Python text as well. */
const python = (text) => JSON.stringify(text);

const pythonBlock = (text) =>
  isOdd(text) ? python(text) : `"""\n${text.trimEnd().replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"')}\n"""`;

/** @param {unknown} value @param {string} indent */
function pythonValue(value, indent = '') {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}    `;
  const parts = Array.isArray(value)
    ? value.map((one) => pythonValue(one, inner))
    : Object.entries(value).map(([name, one]) => `${python(name)}: ${pythonValue(one, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return parts.length ? `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indent}${close}` : open + close;
}

/** Left out where there is nothing to say. */
const bodyNames = ({ variables, operationName }) => ['query', variables !== undefined && 'variables', operationName && 'operationName'].filter(Boolean);

/** @param {Asked} asked */
export function pythonCode(asked) {
  const { url, query, variables, operationName } = asked;
  const key = (fallback) => (fallback ? `os.environ.get("LEDGERMESH_KEY", ${python(fallback)})` : 'os.environ["LEDGERMESH_KEY"]');
  const headers = headersIn(asked, {
    authorization: (name, fallback) => `${python(name)}: "Bearer " + ${key(fallback)}`,
    secret: (name, variable) => `${python(name)}: os.environ[${python(variable)}]`,
    open: (name, value) => `${python(name)}: ${python(value)}`,
  });
  const values = { query: 'QUERY', variables: 'VARIABLES', operationName: python(operationName ?? '') };
  return [
    'import os',
    '',
    'import httpx',
    '',
    `QUERY = ${pythonBlock(query)}`,
    ...(variables === undefined ? [] : [`VARIABLES = ${pythonValue(variables)}`]),
    '',
    'response = httpx.post(',
    `    ${python(url)},`,
    '    headers={',
    ...headers.map((header) => `        ${header},`),
    '    },',
    `    json={${bodyNames(asked).map((name) => `"${name}": ${values[name]}`).join(', ')}},`,
    '    timeout=60,',
    ')',
    'print(response.text)',
    '',
  ].join('\n');
}

const scriptBlock = (text) =>
  isOdd(text) ? JSON.stringify(text) : `\`\n${text.trimEnd().replaceAll(/[\\`]|\$(?=\{)/g, '\\$&')}\n\``;

/** @param {Asked} asked */
export function typescriptCode(asked) {
  const { url, query, variables, operationName } = asked;
  const named = (name, code) => `${JSON.stringify(name)}: ${code}`;
  const headers = headersIn(asked, {
    authorization: (name, fallback) => named(name, `\`Bearer \${process.env.LEDGERMESH_KEY ?? ${JSON.stringify(fallback ?? '')}}\``),
    secret: (name, variable) => named(name, `process.env.${variable} ?? ""`),
    open: (name, value) => named(name, JSON.stringify(value)),
  });
  const values = { query: 'query', variables: 'variables', operationName: `operationName: ${JSON.stringify(operationName)}` };
  return [
    `const query = ${scriptBlock(query)};`,
    ...(variables === undefined ? [] : [`const variables = ${JSON.stringify(variables, null, 2)};`]),
    '',
    `const response = await fetch(${JSON.stringify(url)}, {`,
    '  method: "POST",',
    '  headers: {',
    ...headers.map((header) => `    ${header},`),
    '  },',
    `  body: JSON.stringify({ ${bodyNames(asked).map((name) => values[name]).join(', ')} }),`,
    '});',
    'console.log(await response.text());',
    '',
  ].join('\n');
}
