// Three programs that compose subgraphs, each on ours and a small one: node compose.js URL KEY CREDIT_URL FILE.
// Writes the supergraph to the file; prints errors and hints of each program as JSON.
import { writeFileSync } from 'node:fs';
import { composeServices as apollo } from '@apollo/composition';
import { composeServices as hive } from '@theguild/federation-composition';
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import { parse } from 'graphql';
import { typeDefs } from './credit.js';

const [url, key, creditUrl, file] = process.argv.slice(2);

async function sdl() {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  return (await answer.json()).data._service.sdl;
}

const services = [
  { name: 'books', url, typeDefs: parse(await sdl()) },
  { name: 'credit', url: creditUrl, typeDefs: parse(typeDefs) },
];

const byApollo = apollo(services);
const byHive = hive(services);
const byWunderGraph = federateSubgraphs({
  subgraphs: services.map((each) => ({ name: each.name, url: each.url, definitions: each.typeDefs })),
  version: ROUTER_COMPATIBILITY_VERSION_ONE,
});

writeFileSync(file, byHive.supergraphSdl ?? '');
const words = (found) => (found ?? []).map((each) => each.message);
console.log(
  JSON.stringify({
    apollo: { made: Boolean(byApollo.supergraphSdl), errors: words(byApollo.errors), hints: words(byApollo.hints) },
    hive: { made: Boolean(byHive.supergraphSdl), errors: words(byHive.errors), hints: [] },
    wundergraph: {
      made: byWunderGraph.success,
      errors: words(byWunderGraph.errors),
      hints: words(byWunderGraph.warnings),
    },
    costs: ['@cost', '@listSize'].filter((each) => byApollo.supergraphSdl?.includes(each)),
  }),
);
