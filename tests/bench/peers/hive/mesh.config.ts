// The provider as a subgraph; contacts are read by ids in one call.
import { defineConfig } from '@graphql-mesh/compose-cli';
import { loadOpenAPISubgraph } from '@omnigraph/openapi';

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadOpenAPISubgraph('books', {
        source: './openapi.json',
        endpoint: process.env.UPSTREAM,
      }),
    },
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type Invoice {
      contact: Contact
        @resolveTo(
          sourceName: "books"
          sourceTypeName: "Query"
          sourceFieldName: "contacts"
          keyField: "contactId"
          keysArg: "ids"
        )
    }
  `,
});
