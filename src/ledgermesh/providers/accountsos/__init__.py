"""AccountsOS."""
