"""What faces the caller: HTTP in, HTTP out."""
