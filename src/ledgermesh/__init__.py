"""ledgermesh."""
