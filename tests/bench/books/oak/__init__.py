"""Oak Books, which does not exist."""
