// urql: queries by hash, errors, events over SSE: node urql.js URL KEY. Prints what happened as JSON.
import { Client, fetchExchange, gql } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';

const [url, key] = process.argv.slice(2);
const seen = [];

async function counted(input, init) {
  const answer = await fetch(input, init);
  const sent = init.body ?? decodeURIComponent(new URL(input).search);
  seen.push({ method: init.method, status: answer.status, text: /"?query"?[:=]/.test(sent) });
  return answer;
}

const client = new Client({
  url,
  preferGetMethod: false,
  fetchSubscriptions: true,
  fetch: counted,
  fetchOptions: { headers: { authorization: `Bearer ${key}` } },
  requestPolicy: 'network-only',
  exchanges: [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange],
});

const PROVIDERS = gql`query Providers { providers { name id: name } }`;
const first = await client.query(PROVIDERS, {}).toPromise();
const second = await client.query(PROVIDERS, {}).toPromise();
const wrong = await client.query(gql`query Wrong { nothing }`, {}).toPromise();

// Every state of an answer whose parts come one after another.
const later = [];
await new Promise((resolve) => {
  const LATER = gql`
    query Later {
      company(key: "grand-tour") {
        name
        ... @defer {
          invoices(first: 2) { nodes { id } }
        }
      }
    }
  `;
  client.query(LATER, {}).subscribe(({ data, error, hasNext }) => {
    later.push({ name: data?.company.name, invoices: data?.company.invoices?.nodes.length ?? null, error: error?.message });
    if (!hasNext) resolve();
  });
});

// The first two events, then it goes away.
function listen(query) {
  return new Promise((resolve) => {
    const events = [];
    const { unsubscribe } = client.subscription(query, {}).subscribe((result) => {
      events.push(result.data?.connectionChanged.id ?? result.error.message);
      if (events.length < 2) return;
      resolve(events);
      setTimeout(() => unsubscribe());
    });
  });
}

const events = await listen(gql`subscription Changes { connectionChanged(includeCurrent: true) { id } }`);

console.log(
  JSON.stringify({
    first: first.data?.providers.length,
    second: second.data?.providers.length,
    wrong: wrong.error?.graphQLErrors.map((error) => error.extensions.code),
    events,
    later,
    seen: seen.slice(0, 3),
  }),
);
