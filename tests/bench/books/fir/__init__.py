"""Fir Books, which does not exist."""
