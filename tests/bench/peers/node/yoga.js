// GraphQL Yoga; JIT=1 adds graphql-jit, CACHE=1 the response cache.
const { createServer } = require('http');
const { createYoga, createSchema } = require('graphql-yoga');
const { typeDefs, resolvers, context, port } = require('./common');

const plugins = [];
if (process.env.JIT) plugins.push(require('@envelop/graphql-jit').useGraphQlJit());
if (process.env.CACHE) {
  const { useResponseCache } = require('@graphql-yoga/plugin-response-cache');
  plugins.push(useResponseCache({ session: () => null, ttl: 60000 }));
}
const schema = createSchema({ typeDefs, resolvers });
const yoga = createYoga({
  schema, context, plugins, logging: false, graphiql: false, landingPage: false, maskedErrors: false,
});
createServer(yoga).listen(port, '127.0.0.1');
