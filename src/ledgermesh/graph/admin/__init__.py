"""Administration: tenants, companies, connections, keys, webhooks and OAuth clients, by GraphQL and by command."""
