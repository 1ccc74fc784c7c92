"""Writing postal addresses, those of a contact and the main one that comes with it: smallinvoice API v2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ledgermesh.providers.smallinvoice.writing_encodings import (
    OWNER,
    country,
    crud,
    filled,
    given,
)
from ledgermesh.spec.write import Draft, Problem, Put, Search, Writes, with_put

_NUMBERED = re.compile(r"(.*\S) (\d\S*)")
"""A street and the house number behind it."""


def lines_of(doc: Mapping[str, object]) -> tuple[str, ...]:
    """An address's lines as they are read: street and number are one."""
    street, number, second = (doc.get(key) for key in ("street", "street_no", "street2"))
    first = " ".join(part for part in (street, number) if isinstance(part, str) and part)
    return tuple(line for line in (first, second) if isinstance(line, str) and line)


def _lines(value: tuple[str, ...] | None, draft: Draft) -> Mapping[str, object]:
    """Street, house number and a second line. A number at the end of the street is told apart: printed, both are one
    again, and payment slips want them so.
    """
    lines = [line.strip() for line in value or () if line and line.strip()]
    if not lines:
        raise ValueError("an address needs a street")
    if len(lines) > 2:
        raise ValueError("an address has room for a street and one further line")
    stands = draft.before if draft.above is None else None
    if stands is not None and lines_of(stands)[:1] == (lines[0],):
        street, number = stands.get("street"), stands.get("street_no")
    else:
        told = _NUMBERED.fullmatch(lines[0])
        street, number = told.groups() if told else (lines[0], None)
    return {"street": street, "street_no": number, "street2": lines[1] if len(lines) == 2 else None}


PLACE: Mapping[str, Put] = {
    "lines": Put(encode=_lines, required=True),
    "city": filled("city", required=True),
    "postal_code": filled("postcode", required=True),
    "country": filled("country", country, required=True),
}


def _not_the_main_one(draft: Draft) -> Iterable[Problem]:
    if draft.before is not None and draft.before.get("default") is True:
        yield Problem(
            "", "a contact's main address cannot be deleted; make another one the main one first", "READ_ONLY"
        )


def _stays_main(draft: Draft) -> Iterable[Problem]:
    stands = draft.before is not None and draft.before.get("default") is True
    if stands and draft.values.get("is_default") is False:
        yield Problem(
            "is_default", "a contact always has a main address; make another one the main one", "READ_ONLY"
        )


ADDRESSES: Writes = crud(
    "PartyAddress",
    "/contacts/{parent}/addresses",
    {
        "party": with_put(OWNER),
        **PLACE,
        "is_default": given("default"),
        "is_postal": given("default_prepage"),
        "hidden_on_documents": given("hide_on_documents"),
    },
    parent="party",
    repeat=Search(("lines", "city", "postal_code", "country")),
    checks=(_stays_main,),
    delete_checks=(_not_the_main_one,),
)
