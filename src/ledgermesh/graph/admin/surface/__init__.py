"""Administration as callers see it: types, inputs, queries and mutations."""
