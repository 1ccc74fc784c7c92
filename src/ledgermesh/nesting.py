"""How deep JSON is nested, looked at before it is decoded.

Until Python 3.11 the interpreter's own limit ended decoders in time. Later ones go on to the end of the stack, and what
reads the value afterwards does not.
"""

from __future__ import annotations

import sys
from itertools import accumulate
from typing import Final

DEPTH_MAX: Final = 950
"""Objects and lists inside each other. Nobody nests a tenth of that."""
ENDS_BY_ITSELF: Final = sys.version_info < (3, 12)
"""Whether a decoder raises RecursionError near that depth."""

_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes(each for each in range(256) if each not in b'[]{}"')
_NOT_OPENING: Final = bytes(each for each in range(256) if each not in b"[{")
_STEPS: Final = tuple((each == ord("[")) - (each == ord("]")) for each in range(256))
_ROUNDS: Final = 8
"""Levels that are taken away one by one: nearly all documents have no more."""


def too_deep(text: bytes) -> bool:
    """Whether a JSON text is nested deeper than DEPTH_MAX. Of what is no JSON it may say anything."""
    if ENDS_BY_ITSELF or len(text) <= 2 * DEPTH_MAX:
        return False
    # As a rule it has not even so many brackets.
    return len(text.translate(None, _NOT_OPENING)) > DEPTH_MAX and depth(text) > DEPTH_MAX


def depth(text: bytes) -> int:
    """The objects and lists that stand inside each other in a JSON text, at most."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    quoted = text.translate(_ALIKE, _OTHERS)
    bare = quoted.replace(b'""', b"")
    if b'"' in bare:  # a text with brackets in it, whatever they look like
        bare = b"".join(quoted.split(b'"')[::2])
    for level in range(_ROUNDS):
        if not bare:
            return level
        bare = bare.replace(b"[]", b"")
    return _ROUNDS + max(accumulate(map(_STEPS.__getitem__, bare)), default=0)
