"""Acorn Books, which does not exist."""
