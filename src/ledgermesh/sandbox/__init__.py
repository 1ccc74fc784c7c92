"""Emulators of the providers, written from their public documents, never from our own definitions."""
