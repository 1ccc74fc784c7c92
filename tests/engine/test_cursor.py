"""Sealed cursors."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledgermesh.engine.currencies import Currencies
from ledgermesh.engine.cursor import Cursors, Scope, State, digest
from ledgermesh.engine.order import Ordering
from ledgermesh.errors import BadCursor
from ledgermesh.spec.query import And, Compare, ListQuery, Not, Or, Order, Where
from ledgermesh.state.sealing import SealingKey
from tests.engine.books import TODAY, Mood, Paper, chf

OLD, NEW = SealingKey(1, os.urandom(32)), SealingKey(2, os.urandom(32))
QUERY = ListQuery(
    "Invoice",
    where=And((Compare("day", "gte", TODAY), Not(Or((Compare("mood", "in", (Mood.OPEN, Mood.PAID)),))))),
    order=(Order("name", descending=True), Order("total", currency="CHF")),
)
SCOPE = Scope(tenant="acme", environment="live", company="bakery", query=QUERY, sources=("b", "a", "c/x"))
ORDERING = Ordering(QUERY.order, Currencies())
PLACE = ORDERING.place(Paper(native_id="12", name="Müller", total=chf("12.50")), "a")
OTHER = ORDERING.place(Paper(native_id="7"), "c")
STATE = State(
    anchor=PLACE, hints={"a": 40, "c/x": 2}, own={"b": None, "c/x": OTHER}, unordered={"a": True, "b": False},
    currencies={"balance": "CHF"},
)  # fmt: skip


def test_a_cursor_gives_its_state_back() -> None:
    """Everything in a state comes back; the sources may be named in any order; equal states give equal cursors."""
    cursors = Cursors([NEW])
    sealed = cursors.seal(STATE, SCOPE)

    assert STATE == cursors.open(sealed, structs.replace(SCOPE, sources=("c/x", "b", "a")))
    assert State() == cursors.open(cursors.seal(State(), SCOPE), SCOPE)
    assert sealed == cursors.seal(STATE, SCOPE)


@pytest.mark.parametrize(
    "scope",
    [
        structs.replace(SCOPE, tenant="other"),
        structs.replace(SCOPE, environment="sandbox"),
        structs.replace(SCOPE, company="other"),
        structs.replace(SCOPE, sources=("a", "b")),
        structs.replace(SCOPE, sources=("a", "b", "c/x", "d")),
        structs.replace(SCOPE, query=replace(QUERY, kind="Bill")),
        structs.replace(SCOPE, query=replace(QUERY, where=None)),
        structs.replace(SCOPE, query=replace(QUERY, order=QUERY.order[:1])),
        structs.replace(SCOPE, query=replace(QUERY, search="x")),
        structs.replace(SCOPE, query=replace(QUERY, sources=("kashoo",))),
    ],
)
def test_a_cursor_is_refused_elsewhere(scope: Scope) -> None:
    """Another tenant, environment, company, question or set of sources is a mismatch."""
    with pytest.raises(BadCursor):
        Cursors([NEW]).open(Cursors([NEW]).seal(STATE, SCOPE), scope)


def test_the_selection_does_not_matter() -> None:
    """A cursor goes on whatever fields are selected, and whatever order the sources are named in."""
    one = replace(QUERY, fields=frozenset({"total"}), sources=("a", "b"))

    assert digest(one) == digest(replace(QUERY, sources=("b", "a", "a")))


def test_two_keys_are_good_during_rotation() -> None:
    """A cursor of the old key opens while both are known, and no longer when the old one is gone."""
    sealed = Cursors([OLD]).seal(STATE, SCOPE)

    assert STATE == Cursors([NEW, OLD]).open(sealed, SCOPE)
    with pytest.raises(BadCursor):
        Cursors([NEW]).open(sealed, SCOPE)
    with pytest.raises(BadCursor):
        Cursors([SealingKey(OLD.id, NEW.secret)]).open(sealed, SCOPE)


def test_every_character_is_sealed() -> None:
    """A cursor in which any one character is another, or that is cut or longer, is refused."""
    cursors = Cursors([NEW])
    sealed = cursors.seal(STATE, SCOPE)
    changed = [
        sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :] for at in range(len(sealed))
    ]

    for text in [*changed, sealed[:-1], sealed + "A", sealed + "=", sealed + "\n", " " + sealed]:
        with pytest.raises(BadCursor):
            cursors.open(text, SCOPE)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(text=st.one_of(st.text(), st.binary(max_size=200).map(lambda raw: raw.hex()), st.just("A" * 20_000)))
def test_anything_else_is_refused(text: str) -> None:
    """No text makes anything but a mismatch."""
    with pytest.raises(BadCursor):
        Cursors([NEW]).open(text, SCOPE)


def test_a_cursor_shows_nothing() -> None:
    """Neither the key nor what stands in the books can be read from a cursor or from a key's representation."""
    assert "Müller" not in Cursors([NEW]).seal(STATE, SCOPE)
    assert NEW.secret.hex() not in repr(NEW) and repr(NEW.secret) not in repr(NEW)


def test_six_sources_stay_under_two_kilobytes() -> None:
    """Six sources, every one behind at its own place in two keys with long names: under 2,000 characters."""
    names = tuple(f"3fa85f64-5717-4562-b3fc-2c963f66af{number:02}" for number in range(6))
    places = {
        name: ORDERING.place(
            Paper(
                native_id=os.urandom(16).hex(),
                name=f"{number} Gärtnerei & Söhne {os.urandom(8).hex()}",
                total=chf("1234.56"),
            ),
            name,
        )
        for number, name in enumerate(names)
    }
    state = State(anchor=places[names[0]], hints=dict.fromkeys(names, 123456), own=places)

    assert len(Cursors([NEW]).seal(state, structs.replace(SCOPE, sources=names))) < 2_000


@pytest.mark.parametrize(
    "one, other",
    [
        ("1", 1), (1, Decimal(1)), (TODAY, TODAY.isoformat()), (TODAY, dt.datetime.combine(TODAY, dt.time())),
        (Mood.OPEN, "open"), (None, "null"), (("a",), "a"),
    ],
)  # fmt: skip
def test_values_of_two_types_are_two_queries(one: object, other: object) -> None:
    """A condition on 1 is not a condition on "1"."""
    assert digest(ListQuery("Invoice", where=Compare("x", "eq", one))) != digest(
        ListQuery("Invoice", where=Compare("x", "eq", other))
    )


@pytest.mark.parametrize(
    "where", [Or(()), And(()), Not(And(())), Compare("x", "eq", 1), Compare("x", "eq", 1, "CHF")]
)
def test_conditions_of_two_kinds_are_two_queries(where: Where) -> None:
    """The shape of a condition counts, and so does its currency."""
    others: list[Any] = [
        Or(()),
        And(()),
        Not(And(())),
        Compare("x", "eq", 1),
        Compare("x", "eq", 1, "CHF"),
        None,
    ]

    assert 5 == sum(
        digest(ListQuery("I", where=where)) != digest(ListQuery("I", where=other)) for other in others
    )


def test_a_condition_on_anything_else_is_a_bug() -> None:
    """A value that no condition can hold is a TypeError, not a weak hash."""
    with pytest.raises(TypeError):
        digest(ListQuery("Invoice", where=Compare("x", "eq", object())))
