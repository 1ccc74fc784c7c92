"""Ash Books, which does not exist: the same API as Oak Books, run by somebody else."""

from __future__ import annotations

from dataclasses import replace

from tests.bench.books.oak.definition import PROVIDER as OAK

PROVIDER = replace(
    OAK,
    name="ash",
    title="Ash Books",
    docs_url="https://docs.ash.example",
    base_url="https://api.ash.example/v1",
)
