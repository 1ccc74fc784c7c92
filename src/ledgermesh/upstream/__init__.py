"""One call to one provider: a value that goes down one straight list of layers."""
