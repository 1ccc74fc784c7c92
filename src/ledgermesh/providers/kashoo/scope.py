"""Whose a document is, and of which type: what a shared list or a lone id may bring."""

from __future__ import annotations

from collections.abc import Callable

from ledgermesh.model.row import Row
from ledgermesh.spec.leaves import folded


def is_here(row: Row) -> bool:
    """Whether a record is of the connection's own business: one login reaches several, and ids are read without one."""
    business, own = row.doc.get("business"), row.settings.get("business_id")
    return business is None or own is None or str(business) == own


def is_business(row: Row) -> bool:
    """Whether a business is the connection's own; one login may read several."""
    own = row.settings.get("business_id")
    return own is None or str(row.doc.get("id", own)) == own


def is_record(*types: str) -> Callable[[Row], bool]:
    """Whether a record of the own business is of one of these types.

    Clients of the live API wrote types in lower camel case too.
    """
    wanted = {folded(word) for word in types}

    def keep(row: Row) -> bool:
        word = row.doc.get("type")
        return is_here(row) and (not isinstance(word, str) or folded(word) in wanted)

    return keep


def is_below(field: str) -> Callable[[Row], bool]:
    """Whether a row of the own business names, in this field, the record that it was listed below."""

    def keep(row: Row) -> bool:
        named = row.doc.get(field)
        above = row.parent.doc.get("id") if row.parent is not None else None
        return is_here(row) and (named is None or above is None or str(named) == str(above))

    return keep


def any_parent(row: Row) -> bool:
    """Every account and every contact may have been booked on; nothing in its document tells."""
    return True


def contact_id(value: object) -> str | None:
    """A contact's id as a parameter; what is no number is the id of nobody, and the API would refuse it."""
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else None
