"""Yew Books, which does not exist."""
