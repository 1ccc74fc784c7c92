// graphql-sse, one connection for each operation: node sse.js URL KEY. Prints what happened as JSON.
import { createClient } from 'graphql-sse';

const [url, key] = process.argv.slice(2);
const client = createClient({ url, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });

// The first so many answers, and whether the stream ended by itself.
async function first(count, query, variables) {
  const answers = [];
  for await (const answer of client.iterate({ query, variables })) {
    answers.push(answer);
    if (answers.length === count) break;
  }
  return answers;
}

const [query] = await first(2, '{ providers { name } }');
const [mutation] = await first(
  2,
  `mutation ($input: InvoiceCreate!) {
    createInvoice(company: "grand-tour", input: $input, options: { connections: ["kashoo"] }) { mode sources { status } }
  }`,
  { input: { number: 'SSE-1', date: '2026-11-15', dueDate: '2026-12-15', currency: 'CAD', party: { name: 'Northwind Traders', create: true }, lines: [{ description: 'Design', quantity: '1', unitPrice: { amount: '1.00' }, account: { code: '4000' } }] } },
);
const events = await first(2, 'subscription { connectionChanged(includeCurrent: true) { id } }');
const [wrong] = await first(2, '{ nothing }');
const parts = await first(9, '{ company(key: "grand-tour") { name ... @defer { invoices(first: 2) { nodes { id } } } } }');

console.log(
  JSON.stringify({
    query: query.data.providers.length,
    mutation: mutation.data?.createInvoice ?? mutation.errors,
    events: events.map((event) => event.data.connectionChanged.id),
    wrong: wrong.errors.map((error) => error.extensions.code),
    parts,
  }),
);
client.dispose();
