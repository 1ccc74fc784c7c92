// Mercurius with its JIT.
const Fastify = require('fastify');
const mercurius = require('mercurius');
const { typeDefs, resolvers, batch, port } = require('./common');

async function loader(queries) {
  const ids = [...new Set(queries.map((query) => query.obj.contactId))];
  const byId = new Map((await batch(ids)).map((row) => [row.id, row]));
  return queries.map((query) => byId.get(query.obj.contactId));
}

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers: { Query: resolvers.Query },
  loaders: { Invoice: { contact: { loader, opts: { cache: false } } } },
  jit: 1,
});
app.listen({ port, host: '127.0.0.1' });
