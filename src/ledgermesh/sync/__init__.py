"""What goes on beside the requests: telling tenants what has changed."""
