"""The gateway as a subgraph of Apollo Federation 2: its schema as routers compose it, and entities by their keys."""
