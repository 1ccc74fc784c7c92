"""A lean HTTP/1.1 client for the hot path: one request at a time on each connection, which is kept alive."""
