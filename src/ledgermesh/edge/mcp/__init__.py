"""The gateway for agents: tools of the Model Context Protocol (https://modelcontextprotocol.io) over GraphQL."""
