"""Writes as callers see them: what they give, what it would do, and what became of it."""
