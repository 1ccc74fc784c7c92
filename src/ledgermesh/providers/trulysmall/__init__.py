"""TrulySmall Accounting."""
