"""Yew Books, which does not exist: the same API as Oak Books, run by somebody else."""

from __future__ import annotations

from dataclasses import replace

from tests.bench.books.oak.definition import PROVIDER as OAK

PROVIDER = replace(
    OAK,
    name="yew",
    title="Yew Books",
    docs_url="https://docs.yew.example",
    base_url="https://api.yew.example/v1",
)
