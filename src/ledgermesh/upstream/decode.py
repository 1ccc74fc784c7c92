"""A provider's JSON, exactly: whole numbers as int, all others as Decimal, never float."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import msgspec

from ledgermesh.model.exact import EXACT, exact
from ledgermesh.nesting import too_deep
from ledgermesh.spec.shapes import Shape


class NotJson(ValueError):
    """Why a body could not be read, without any of its text."""


_DECODER = msgspec.json.Decoder(float_hook=EXACT.create_decimal)
SHAPES_MAX = 1_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
TOO_DEEP = "the document is nested too deeply"
DIGITS: Final = bytes.maketrans(b"0123456789E", b"0000000000e")
"""Under which digits are alike."""
EXPONENT: Final = re.compile(rb"0e[+-]?0+[,\]}\s]")
"""Behind a number in a list or an object, where digits are alike; hardly ever in an id that is hexadecimal."""
LONG: Final = b"0" * 100
"""Where so many digits never follow each other, any number without an exponent is far from all limits."""


@lru_cache(SHAPES_MAX)
def _shaped(shape: Shape, verbatim: bool) -> msgspec.json.Decoder[Any]:  # noqa: FBT001  # a part of the cache's key
    return msgspec.json.Decoder(
        shape.verbatim if verbatim else shape.escaped,
        float_hook=str.encode if verbatim and shape.numbers else EXACT.create_decimal,
    )


def _decode_shaped(body: bytes, shape: Shape) -> object:
    # JSON has nothing that must be escaped, and whoever decodes it refuses it, unless there is a backslash.
    verbatim = b"\\" not in body and (not shape.numbers or _plain_numbers(body))
    found: object = _shaped(shape, verbatim).decode(body.removeprefix(BYTE_ORDER_MARK))
    if verbatim and isinstance(found, dict):
        for each in found.values():
            # What stands beside the rows is a dict; they are in a list, and exact for whoever reads them.
            if each.__class__ is dict:
                exact(each)
    return found


def _plain_numbers(body: bytes) -> bool:
    """Whether no number in a list or an object has an exponent or is near a limit; no text that looks so, either."""
    alike = body.translate(DIGITS)
    return LONG not in alike and (b"0e" not in alike or EXPONENT.search(alike) is None)


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
            return _decode_shaped(body, shape)
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
