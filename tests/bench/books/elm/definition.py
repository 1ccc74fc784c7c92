"""Elm Books, which does not exist: the same API as Oak Books, run by somebody else."""

from __future__ import annotations

from dataclasses import replace

from tests.bench.books.oak.definition import PROVIDER as OAK

PROVIDER = replace(
    OAK,
    name="elm",
    title="Elm Books",
    docs_url="https://docs.elm.example",
    base_url="https://api.elm.example/v1",
)
