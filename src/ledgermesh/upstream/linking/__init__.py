"""Link a connection: what a person is asked for, how it is tried, and how it is kept or given back."""
