// A small subgraph beside ours: what a bank lends to companies, and tickets about invoices. It knows companies by
// account key and invoices by id, nothing else of them: node credit.js KEYS IDS, both with commas. Prints its address.
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

export const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])

  directive @fresh(maxAge: Int = null, staleIfError: Int = null) on FIELD
  scalar Decimal

  type Query {
    debtors: [Company!]!
    tickets: [Ticket!]!
  }

  type Company @key(fields: "key") {
    key: ID!
    creditLine: Money
  }

  type Money @shareable {
    amount: Decimal!
    currency: String
  }

  type Invoice @key(fields: "id") {
    id: ID!
    tickets: [Ticket!]!
  }

  type Ticket @key(fields: "number") {
    number: ID!
    invoice: Invoice
  }
`;

export function serve(keys, ids) {
  const line = (key) => ({ amount: `${key.length}000.00`, currency: 'CHF' });
  const tickets = ids.map((id, index) => ({ number: String(index + 1), invoice: { id } }));
  const resolvers = {
    Query: { debtors: () => keys.map((key) => ({ key })), tickets: () => tickets },
    Company: { __resolveReference: ({ key }) => ({ key }), creditLine: ({ key }) => line(key) },
    Invoice: {
      __resolveReference: ({ id }) => ({ id }),
      tickets: ({ id }) => tickets.filter((ticket) => ticket.invoice.id === id),
    },
    Ticket: { __resolveReference: ({ number }) => tickets.find((ticket) => ticket.number === number) },
  };
  const schema = buildSubgraphSchema({ typeDefs: parse(typeDefs), resolvers });
  const server = createServer(createHandler({ schema }));
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
}

if (process.argv[1] === import.meta.filename) {
  serve(...process.argv.slice(2).map((each) => each.split(',')));
}
