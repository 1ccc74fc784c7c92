"""From a question about records to calls, and from documents back to records."""
