// What Relay's compiler is given: a fragment that pages through a company's invoices, and one that comes later.
import { graphql } from 'react-relay';

export const page = graphql`
  fragment books_invoices on Company
  @refetchable(queryName: "booksNextPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    invoices(first: $first, after: $after) @connection(key: "books_invoices") {
      edges { node { id number total { amount currency } } }
      sources { status }
    }
  }
`;

export const later = graphql`
  fragment books_details on Company {
    parties(first: 5) { nodes { id displayName } }
  }
`;

export const query = graphql`
  query booksQuery($key: ID!) {
    company(key: $key) {
      name
      ...books_invoices
      ...books_details @defer(label: "details")
    }
  }
`;
