"""The words of the pages in three languages, and which of them a browser reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from ledgermesh.state.entries import Language

FOLDER = Path(__file__).parent / "texts"
LANGUAGES: tuple[Language, ...] = get_args(Language)
HEADER_CHARACTERS_MAX = 500

Words = Mapping[str, str]


def read_words() -> Mapping[Language, Words]:
    """Every language's words, by their keys."""
    return {each: json.loads((FOLDER / f"{each}.json").read_text(encoding="utf-8")) for each in LANGUAGES}


def language(accepted: str | None, otherwise: Language) -> Language:
    """The best of ours that an Accept-Language header names, else the tenant's."""
    found: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accepted or "")[:HEADER_CHARACTERS_MAX].split(",")):
        tag, _, weight = part.strip().partition(";")
        word = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if word in LANGUAGES and quality > 0:
            found.append((-quality, place, word))
    return min(found)[2] if found else otherwise


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
