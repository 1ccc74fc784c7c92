"""The provider that the benchmark reads, as a definition like any other."""
