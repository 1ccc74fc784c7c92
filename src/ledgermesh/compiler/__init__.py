"""GraphQL operations made into Python: plan, emit, run. Knows graphql-core and nothing of ledgermesh."""
