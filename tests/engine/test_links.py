"""Sealed links to files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledgermesh.engine.links import FileLink, FileLinks, LinkEnded
from ledgermesh.state.sealing import SealingKey

OLD, NEW = SealingKey(1, b"o" * 32), SealingKey(2, b"n" * 32)
LINK = FileLink("t", "live", "k", "Invoice", "c-1", "7", "pdf", expires_at=1000)


def test_what_was_sealed_is_opened_until_it_ends() -> None:
    """Up to the last second before its end."""
    links = FileLinks([NEW])
    text = links.seal(LINK)
    assert links.open(text, 999) == LINK
    with pytest.raises(LinkEnded):
        links.open(text, 1000)


def test_no_two_links_are_alike() -> None:
    """Not even to the same file: nobody can tell that two are the same."""
    links = FileLinks([NEW])
    assert links.seal(LINK) != links.seal(LINK)


def test_during_a_rotation_both_keys_open() -> None:
    """The new key seals; when the old one is gone, its links are too."""
    old = FileLinks([OLD]).seal(LINK)
    assert FileLinks([NEW, OLD]).open(old, 0) == LINK
    with pytest.raises(LinkEnded):
        FileLinks([NEW]).open(old, 0)


def test_another_link_is_another_text_that_cannot_be_made_without_the_key() -> None:
    """Every single letter counts."""
    links = FileLinks([NEW])
    text = links.seal(replace(LINK, native_id="8"))
    for place in range(0, len(text), 7):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(LinkEnded):
            links.open(changed, 0)
