"""Kashoo Cloud Accounting."""
