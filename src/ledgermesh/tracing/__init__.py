"""Traces of one gateway for OpenTelemetry: edge → operation → call to a provider, its attempts as events.

`otel` needs the extra of that name, and is imported only where the settings ask for traces. No span holds variables,
values of a document, query strings, bodies, keys or account keys.
"""
