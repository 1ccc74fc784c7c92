"""A provider's JSON, exactly: whole numbers as int, all others as Decimal, never float."""

from __future__ import annotations

from decimal import Clamped, Context, Inexact, InvalidOperation, Overflow, Rounded, Subnormal

import msgspec

EXPONENT_MAX = 400
"""Beyond it a number is an attack: as a whole number it would fill the memory."""
DIGITS_MAX = 1_000
"""Of a number that is not whole."""


class NotJson(ValueError):
    """Why a body could not be read, without any of its text."""


# A number that it would have to change is refused. Written in C: most of a list of documents is amounts.
_EXACT = Context(
    prec=DIGITS_MAX,
    Emin=-EXPONENT_MAX,
    Emax=EXPONENT_MAX,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Subnormal],
)
_DECODER = msgspec.json.Decoder(float_hook=_EXACT.create_decimal)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(body: bytes) -> object:
    """The document in a body, None for an empty one. Raise NotJson for anything that is not whole JSON in UTF-8."""
    if not body:
        return None
    try:
        document: object = _DECODER.decode(body.removeprefix(BYTE_ORDER_MARK))
    except NotJson:
        raise
    except UnicodeDecodeError as error:
        raise NotJson("the text is not UTF-8") from error
    except msgspec.DecodeError as error:
        raise NotJson(str(error)) from error
    except (ArithmeticError, ValueError) as error:
        raise NotJson("a number cannot be read") from error
    except RecursionError as error:
        raise NotJson("the document is nested too deeply") from error
    return document
