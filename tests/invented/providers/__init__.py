"""Providers that nobody has: what adding one takes."""
