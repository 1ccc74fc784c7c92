// The public audit of GraphQL over HTTP: node audit.js URL KEY. Prints what is not as wanted, then the count.
import { serverAudits } from 'graphql-http';

const [url, key] = process.argv.slice(2);

function fetchFn(input, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  return fetch(input, { ...init, headers });
}

const audits = serverAudits({ url, fetchFn });
let good = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') good += 1;
  else console.log(`${result.id} ${result.status} ${result.name}: ${result.reason}`);
}
console.log(`${good} of ${audits.length}`);
process.exitCode = good === audits.length ? 0 : 1;
