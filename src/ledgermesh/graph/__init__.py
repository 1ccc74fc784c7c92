"""The GraphQL surface: what can be asked, and how an answer is shown."""
