"""How deep JSON is nested, looked at before it is decoded.

Until Python 3.11 the interpreter's own limit ended decoders in time. Later ones go on to the end of the stack, and what
reads the value afterwards does not.
"""

from __future__ import annotations

import sys
from itertools import accumulate
from typing import Final

DEPTH_MAX: Final = 500
"""Objects and lists inside each other, of a provider. None nests a tenth of that."""
ASKED_DEPTH_MAX: Final = 950
"""Of a caller, whose values are looked at before anybody goes through them."""
ENDS_BY_ITSELF: Final = sys.version_info < (3, 12)
"""Whether a decoder raises RecursionError near that depth."""

_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(each for each in range(256) if each not in _BRACKETS + b'"')
_STEPS: Final = tuple((each in b"[{") - (each in b"]}") for each in range(256))


def too_deep(text: bytes, most: int = DEPTH_MAX) -> bool:
    """Whether a JSON text is nested deeper than that. Of what is no JSON it may say anything."""
    if ENDS_BY_ITSELF or text.count(b"[") + text.count(b"{") <= most:
        return False
    return depth(text) > most


def depth(text: bytes) -> int:
    """The objects and lists that stand inside each other in a JSON text, at most."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    # What stands between quotes is text, whatever it looks like.
    bare = b"".join(text.translate(None, _OTHERS).split(b'"')[::2])
    return max(accumulate(map(_STEPS.__getitem__, bare)), default=0)
