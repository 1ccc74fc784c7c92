// graphql-ws: query, mutation, errors and events over one WebSocket: node graphql-ws.js URL KEY. Prints what happened
// as JSON.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, key] = process.argv.slice(2);
const PLAN = `mutation Plan {
  createAccount(
    company: "maple-bakery"
    input: { name: "Online advertising", type: OPERATING_EXPENSE, code: "6120" }
    options: { connections: ["kashoo"] }
  ) { sources { status } }
}`;
const CHANGES = 'subscription Changes { connectionChanged(includeCurrent: true) { id } }';
const seen = [];

function connected(connectionParams) {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    lazy: true,
    lazyCloseTimeout: 1000,
    retryAttempts: 0,
    on: { connected: (_, payload) => seen.push(Object.keys(payload ?? {})) },
  });
}

const client = connected({ Authorization: `Bearer ${key}` });

async function once(query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
}

// The first two events, then it listens no more.
async function listen(query) {
  const events = [];
  for await (const result of client.iterate({ query })) {
    events.push(result.data.connectionChanged.id);
    if (events.length === 2) break;
  }
  return events;
}

const refusedErrors = (errors) => errors.map((error) => error.extensions.code);

const [query, changed, wrong, events] = await Promise.all([
  once('query Providers { providers { name } }'),
  once(PLAN),
  once('{ nothing }').then(() => [], refusedErrors),
  listen(CHANGES),
]);
await client.dispose();

const stranger = connected({ Authorization: 'Bearer nobody' });
const closed = await new Promise((resolve) => {
  stranger.subscribe({ query: '{ providers { name } }' }, { next() {}, complete() {}, error: resolve });
});

console.log(
  JSON.stringify({
    query: query.data.providers.length,
    changed: changed.data?.createAccount ?? changed,
    wrong,
    events,
    closed: { code: closed.code, reason: closed.reason },
    seen,
  }),
);
