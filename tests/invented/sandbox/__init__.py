"""Emulators of providers that nobody has."""
