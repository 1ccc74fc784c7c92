// Apollo Server on Fastify; CACHE=1 adds the response cache.
const { ApolloServer } = require('@apollo/server');
const { default: fastifyApollo } = require('@as-integrations/fastify');
const Fastify = require('fastify');
const { typeDefs, resolvers, context, port } = require('./common');

const plugins = [];
if (process.env.CACHE) {
  const { ApolloServerPluginCacheControl } = require('@apollo/server/plugin/cacheControl');
  plugins.push(require('@apollo/server-plugin-response-cache').default());
  plugins.push(ApolloServerPluginCacheControl({ defaultMaxAge: 60 }));
}

async function main() {
  const server = new ApolloServer({
    typeDefs, resolvers, plugins, csrfPrevention: false, includeStacktraceInErrorResponses: false,
  });
  await server.start();
  const app = Fastify();
  await app.register(fastifyApollo(server), { context: async () => context() });
  await app.listen({ port, host: '127.0.0.1' });
}

main();
