"""What one operation may ask for: the size of its document, and what it costs before a provider is asked."""
