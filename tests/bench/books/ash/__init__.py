"""Ash Books, which does not exist."""
