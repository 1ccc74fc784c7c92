"""Bank statements in OFX or QBO: the lines of one, from its text."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote_to_bytes

from msgspec import Struct

_LINE = re.compile(r"<STMTTRN>(.*?)(?:</STMTTRN>|(?=<STMTTRN>)|\Z)", re.DOTALL)
_FIELD = re.compile(r"<(DTPOSTED|TRNAMT|FITID|NAME|MEMO)>([^<\r\n]*)")
_LINES_MAX = 1_000
_INVENTED = 3


class StatementLine(Struct, frozen=True):
    """One movement on a bank account; money in is positive."""

    id: str
    """The bank's own."""
    date: dt.date
    amount: Decimal
    text: str


def read_statement(url: str, today: dt.date) -> list[StatementLine]:
    """The lines of the statement at this address; ValueError when it is none.

    `data:` addresses are read. The sandbox reaches no network, so a statement elsewhere is invented from its
    address, always the same one.
    """
    if url.startswith("data:"):
        return _parsed(_carried(url))
    if not url.startswith(("http://", "https://")):
        raise ValueError(url)
    return [_invented(url, index, today) for index in range(_INVENTED)]


def _carried(url: str) -> str:
    head, comma, data = url.removeprefix("data:").partition(",")
    if not comma:
        raise ValueError(url)
    raw = unquote_to_bytes(data)
    if head.endswith(";base64"):
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error as error:
            raise ValueError(url) from error
    return raw.decode()


def _parsed(text: str) -> list[StatementLine]:
    found = [_line(dict(_FIELD.findall(part))) for part in _LINE.findall(text)]
    if not found or len(found) > _LINES_MAX:
        raise ValueError(f"{len(found)} lines")
    return found


def _line(fields: dict[str, str]) -> StatementLine:
    try:
        day = dt.datetime.strptime(fields["DTPOSTED"][:8], "%Y%m%d").replace(tzinfo=dt.UTC).date()
        amount = Decimal(fields["TRNAMT"].strip().replace(",", "."))
        id = fields["FITID"].strip()
    except (KeyError, InvalidOperation) as error:
        raise ValueError(str(fields)) from error
    if not amount.is_finite() or not amount or abs(amount) >= 10**13 or not id:
        raise ValueError(str(fields))
    text = " ".join(filter(None, (fields.get("NAME", "").strip(), fields.get("MEMO", "").strip())))
    return StatementLine(id, day, amount, text)


def _invented(url: str, index: int, today: dt.date) -> StatementLine:
    digest = hashlib.blake2b(f"{url}\0{index}".encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    amount = Decimal(number % 90_000 + 100).scaleb(-2) * (1 if index == 0 else -1)
    return StatementLine(
        digest.hex(), today - dt.timedelta(days=index + 1), amount, f"Card payment {number % 9999}"
    )
