"""The providers that the benchmark reads, as definitions like any other."""
