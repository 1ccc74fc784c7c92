"""Answers kept for a short while, for callers who take them that old, and shared by those who ask at the same time.

`shapes` says which documents may be, by the table in `fields`; `memory` holds the answers, bounded; `reached` knows of
which companies one is made and whether any of them changed; `flights` has equal questions share one execution;
`answers` puts them together.
"""
