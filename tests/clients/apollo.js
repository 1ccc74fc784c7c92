// Apollo Client: queries by hash, batches, errors: node apollo.js URL KEY. Prints what happened as JSON.
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const [uri, key] = process.argv.slice(2);
const headers = { authorization: `Bearer ${key}` };
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// Counts what goes over the wire.
function counted() {
  const seen = [];
  const fetch = async (input, init) => {
    const answer = await globalThis.fetch(input, init);
    const sent = init.body ?? decodeURIComponent(new URL(input).search);
    seen.push({ method: init.method, status: answer.status, text: /"?query"?[:=]/.test(sent) });
    return answer;
  };
  return { seen, fetch };
}

function client(link, incrementalHandler) {
  return new ApolloClient({ link, incrementalHandler, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: 'no-cache', errorPolicy: 'all' } } });
}

const PROVIDERS = gql`query Providers { providers { name } }`;
const NAMES = gql`query Names { companies { key } }`;
const WRONG = gql`query Wrong { nothing }`;

async function persisted() {
  const { seen, fetch } = counted();
  const hashes = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
  const apollo = client(ApolloLink.from([hashes, new HttpLink({ uri, headers, fetch })]));
  const first = await apollo.query({ query: PROVIDERS });
  const second = await apollo.query({ query: PROVIDERS });
  return { first: first.data.providers.length, second: second.data.providers.length, seen };
}

async function batched() {
  const { seen, fetch } = counted();
  const apollo = client(new BatchHttpLink({ uri, headers, fetch, batchInterval: 5 }));
  const [good, also, wrong] = await Promise.all([PROVIDERS, NAMES, WRONG].map((query) => apollo.query({ query })));
  return {
    providers: good.data.providers.length,
    companies: also.data.companies.length,
    wrong: wrong.error.errors.map((error) => error.extensions.code),
    requests: seen.length,
  };
}

async function single() {
  const { seen, fetch } = counted();
  const apollo = client(new HttpLink({ uri, headers, fetch }));
  const wrong = await apollo.query({ query: WRONG });
  return { wrong: wrong.error.errors.map((error) => error.extensions.code), seen };
}

const LATER = gql`
  query Later {
    company(key: "grand-tour") {
      name
      ... @defer(label: "books") {
        invoices(first: 2) { nodes { id } }
      }
    }
  }
`;

// Every state in which the answer is shown while its parts come, and the media type they came in.
async function deferred(handler) {
  let type;
  const fetch = async (input, init) => {
    const answer = await globalThis.fetch(input, init);
    type = answer.headers.get('content-type');
    return answer;
  };
  const apollo = client(new HttpLink({ uri, headers, fetch }), handler);
  const states = [];
  await new Promise((resolve, reject) => {
    apollo.watchQuery({ query: LATER, fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data, loading, networkStatus, error }) => {
        if (error) reject(error);
        if (!data) return;
        states.push({ name: data.company.name, invoices: data.company.invoices?.nodes.length ?? null });
        if (networkStatus === 7 && !loading) resolve();
      },
      error: reject,
    });
  });
  return { type, states };
}

console.log(
  JSON.stringify({
    persisted: await persisted(),
    batched: await batched(),
    single: await single(),
    deferred: await deferred(new Defer20220824Handler()),
    newer: await deferred(new GraphQL17Alpha9Handler()),
  }),
);
