// The schema, the resolvers and the client that all peers on Node.js share.
const { Pool } = require('undici');
const DataLoader = require('dataloader');

const pool = new Pool(process.env.UPSTREAM, { connections: 200, pipelining: 1 });

async function get(path) {
  const answer = await pool.request({ path, method: 'GET' });
  return answer.body.json();
}

const typeDefs = `
type Money { amount: Float! currency: String! }
type Contact { id: ID! name: String! email: String }
type LineItem { description: String! quantity: Float! unitPrice: Float! amount: Float! }
type Invoice { id: ID! number: String! issueDate: String! total: Money! lineItems: [LineItem!]! contact: Contact }
type Query { invoices(first: Int! = 100, page: Int! = 0): [Invoice!]! }`;

const resolvers = {
  Query: { invoices: (_, { first, page }) => get(`/invoices?limit=${first}&page=${page}`) },
  Invoice: { contact: (invoice, _, context) => context.contacts.load(invoice.contactId) },
};

async function batch(ids) {
  const rows = await get(`/contacts?ids=${ids.join(',')}`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id));
}

const context = () => ({ contacts: new DataLoader(batch) });

module.exports = { typeDefs, resolvers, context, batch, port: Number(process.env.PORT) };
