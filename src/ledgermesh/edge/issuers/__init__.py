"""Callers whom other issuers vouch for: JSON Web Tokens, the keys that sign them, and what they may say."""
