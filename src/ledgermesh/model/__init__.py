"""The common data model: Strawberry types whose fields are read lazily from provider rows."""
