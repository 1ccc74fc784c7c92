// One GraphQL request over HTTP, with the picked key and company as headers.
import { Kind, parse } from 'graphql';
import { recordAnswer } from './answers.js';
import { ENDPOINT } from './config.js';
import { parseExact } from './exact.js';

/**
 * @param {import('./session.js').Session} session
 * @param {Record<string, string>} [typed] from the headers editor; these win
 * @returns {Record<string, string>}
 */
export function requestHeaders({ key, company }, typed) {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/graphql-response+json, application/json;q=0.9',
    ...(key && { Authorization: `Bearer ${key}` }),
    ...(company && { 'X-Account-Key': company }),
    ...typed,
  };
}

/**
 * @param {number} status
 * @param {string} body
 */
function readBody(status, body) {
  try {
    return parseExact(body);
  } catch {
    return { errors: [{ message: `HTTP ${status}, and the answer is not JSON`, extensions: { body: body.slice(0, 500) } }] };
  }
}

/**
 * The operation that is meant. GraphiQL names it a moment after the text has changed, until then it names the one
 * before or none: the text itself decides where it has one operation, and a name that it does not have is left out.
 * @param {string} query
 * @param {string | null | undefined} operationName what GraphiQL names
 * @returns {string | undefined}
 */
export function knownOperation(query, operationName) {
  const names = operationNames(query);
  if (names?.length === 1) return names[0];
  return operationName && names?.includes(operationName) ? operationName : undefined;
}

/** @param {string} query @returns {(string | undefined)[] | null} of its operations; null if it cannot be read */
function operationNames(query) {
  try {
    const { definitions } = parse(query, { noLocation: true });
    return definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).map(({ name }) => name?.value);
  } catch {
    return null;
  }
}

/** @param {{query: string, operationName?: string | null, variables?: unknown}} params */
const requestBody = ({ operationName, ...params }) =>
  JSON.stringify({ ...params, operationName: knownOperation(params.query, operationName) });

/**
 * @param {Parameters<typeof requestBody>[0]} params
 * @param {Record<string, string>} headers
 * @param {AbortSignal} signal
 * @returns {Promise<{result: any, answer: import('./answers.js').Answer}>} `result` keeps the digits of its numbers
 */
async function send(params, headers, signal) {
  const started = performance.now();
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body: requestBody(params), signal });
  const body = await response.text();
  const ms = performance.now() - started;
  const result = readBody(response.status, body);
  return { result, answer: { status: response.status, ms, bytes: body.length, text: JSON.stringify(result, null, 2) } };
}

/**
 * A GraphiQL fetcher. It answers as an observable, so that the Stop button ends the request.
 * @param {() => import('./session.js').Session} session read at each request, so a new company needs no new fetcher
 */
export function createFetcher(session) {
  return (params, options) => ({
    subscribe(observer) {
      const abort = new AbortController();
      const { key } = session();
      const typed = options?.headers;
      if (!key && !typed?.Authorization) {
        queueMicrotask(() => observer.error(new Error('Give your API key at the top of the page first.')));
        return { unsubscribe() {} };
      }
      send(params, requestHeaders(session(), typed), abort.signal).then(
        ({ result, answer }) => {
          if (params.operationName !== 'IntrospectionQuery') recordAnswer(answer);
          observer.next(result);
          observer.complete();
        },
        (error) => abort.signal.aborted || observer.error(error),
      );
      return { unsubscribe: () => abort.abort() };
    },
  });
}
