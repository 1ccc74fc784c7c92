"""What replicas share: grants, generations. Never books."""
