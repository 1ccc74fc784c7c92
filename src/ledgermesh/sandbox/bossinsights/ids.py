"""Ids and keys in Boss Insights' forms, made from names so that the same books have the same ones at every start."""

from __future__ import annotations

import hashlib
import string

_SPREAD = 10**15
"""Keeps ids below 2**53, so that JavaScript clients can hold them."""
_LETTERS = string.ascii_letters + string.digits


def object_id(company: str, table: str, key: str) -> int:
    """Boss Insights' own id of a record."""
    return 1 + int.from_bytes(_digest(company, table, key)[:8], "big") % _SPREAD


def source_id(integration: str, company: str, table: str, key: str) -> str:
    """The id of a record in the app it comes from, in a form that app might use."""
    digest = _digest(integration, company, table, key)
    if integration == "square":
        return digest.hex()[:22].upper()
    if integration == "gusto":
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"
    if integration == "plaid":
        return letters(22, integration, company, table, key)
    return str(int.from_bytes(digest[:6], "big"))


def uniqid(*names: str) -> str:
    """The form of PHP's uniqid with more entropy: thirteen hex digits, a digit, a point, eight digits."""
    text = _digest("uniqid", *names).hex()
    return f"{text[:13]}{int(text[13:20], 16) % 10}.{int(text[20:32], 16) % 10**8:08d}"


def secret_key(*names: str) -> str:
    """An API key: `sk_`, fifteen characters, a point, twenty-five characters."""
    text = letters(40, "key", *names)
    return f"sk_{text[:15]}.{text[15:]}"


def letters(count: int, *names: str) -> str:
    """So many letters and digits."""
    number = int.from_bytes(hashlib.sha512("\0".join(names).encode()).digest(), "big")
    found = []
    for _ in range(count):
        number, rest = divmod(number, len(_LETTERS))
        found.append(_LETTERS[rest])
    return "".join(found)


def _digest(*names: str) -> bytes:
    return hashlib.blake2b("\0".join(names).encode(), digest_size=16).digest()
