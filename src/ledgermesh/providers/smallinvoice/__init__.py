"""smallinvoice, REST API v2."""
