// Hive Gateway over the supergraph that mesh-compose made; CACHE=1 adds its response cache.
import { defineConfig } from '@graphql-hive/gateway';

export const gatewayConfig = defineConfig({
  supergraph: process.env.SUPERGRAPH,
  port: Number(process.env.PORT),
  host: '127.0.0.1',
  logging: false,
  landingPage: false,
  graphiql: false,
  maskedErrors: false,
  batching: true,
  ...(process.env.CACHE ? { responseCaching: { session: () => null, ttl: 60000 } } : {}),
});
