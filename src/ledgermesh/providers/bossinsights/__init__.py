"""Boss Insights."""
