"""A provider's JSON, exactly: whole numbers as int, all others as Decimal, never float."""

from __future__ import annotations

from contextlib import suppress
from decimal import Clamped, Context, Inexact, InvalidOperation, Overflow, Rounded, Subnormal
from functools import lru_cache
from typing import Any

import msgspec

from ledgermesh.nesting import too_deep
from ledgermesh.spec.shapes import Shape

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
SHAPES_MAX = 1_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
TOO_DEEP = "the document is nested too deeply"


@lru_cache(SHAPES_MAX)
def _shaped(shape: Shape, escaped: bool) -> msgspec.json.Decoder[Any]:  # noqa: FBT001  # a part of the cache's key
    return msgspec.json.Decoder(
        shape.escaped if escaped else shape.verbatim, float_hook=_EXACT.create_decimal
    )


def decode(body: bytes, shape: Shape | None = None) -> object:
    """The document in a body, None for an empty one. Raise NotJson for anything that is not whole JSON in UTF-8.

    Where all of it has the shape that is given, the rows in it are `Document`s and hold the same.
    """
    if not body:
        return None
    if too_deep(body):
        raise NotJson(TOO_DEEP)
    if shape is not None:
        with suppress(ArithmeticError, ValueError, RecursionError):
            # JSON has nothing that must be escaped, and whoever decodes it refuses it, unless there is a backslash.
            decoder = _shaped(shape, b"\\" in body)
            shaped: object = decoder.decode(body.removeprefix(BYTE_ORDER_MARK))
            return shaped
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
        raise NotJson(TOO_DEEP) from error
    return document
