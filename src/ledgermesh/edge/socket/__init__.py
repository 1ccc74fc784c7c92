"""GraphQL over WebSocket: the subprotocol graphql-transport-ws, and no other.

The protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""
