"""The vocabulary in which providers are described and records are asked for: frozen values only."""
