"""Numbers of documents that are not whole: exact, and the text that they came as until somebody reads them.

That text is `bytes`, which is no other value's class.
"""

from __future__ import annotations

from decimal import Clamped, Context, Inexact, InvalidOperation, Overflow, Rounded, Subnormal
from typing import Any, Final

EXPONENT_MAX: Final = 400
"""Beyond it a number is an attack: as a whole number it would fill the memory."""
DIGITS_MAX: Final = 1_000
"""Of a number that is not whole."""

# A number that it would have to change is refused. Written in C: most of a list of documents is amounts.
EXACT: Final = Context(
    prec=DIGITS_MAX,
    Emin=-EXPONENT_MAX,
    Emax=EXPONENT_MAX,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Subnormal],
)
UNREAD: Final[frozenset[type]] = frozenset((bytes, dict, list))
"""Classes of what is, or may hold, the text of a number."""


def exact(found: Any) -> Any:
    """What somebody reads: the number of a text; lists and objects with numbers for all texts in them, however deep.

    They stay the same objects: who reads one twice is given it twice, and the second time nothing is made.
    """
    if found.__class__ is bytes:
        return EXACT.create_decimal(found.decode())
    # Whoever decoded a document did not call himself for each of its levels, nor is it done here.
    left: list[Any] = [found] if found.__class__ in UNREAD else []
    while left:
        holder = left.pop()
        for place, each in holder.items() if holder.__class__ is dict else enumerate(holder):
            if each.__class__ is bytes:
                holder[place] = EXACT.create_decimal(each.decode())
            elif each.__class__ in UNREAD:
                left.append(each)
    return found
