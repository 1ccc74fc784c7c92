"""Elm Books, which does not exist."""
