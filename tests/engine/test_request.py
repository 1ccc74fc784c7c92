"""From endpoints to calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledgermesh.engine.request import call, dated, expansion, fill, merged
from ledgermesh.errors import BadInput, NeedsConfig
from ledgermesh.model.party import Address, Party
from ledgermesh.model.trade import Invoice
from ledgermesh.spec.leaves import text
from ledgermesh.spec.resource import Expand, Resource
from ledgermesh.spec.wires import fields, one, ref
from ledgermesh.upstream.call import Fresh, Link
from tests.engine.tiny import INVOICES, NOW, TINY, terms


def test_a_path_is_filled_one_segment_each() -> None:
    """What stands in a value stays inside its segment."""
    assert fill("/a/{x}/b/{y}", {"x": "1/../2?q#f", "y": "ü %"}) == "/a/1%2F..%2F2%3Fq%23f/b/%C3%BC%20%25"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_move_in_the_path_is_refused(value: str) -> None:
    """Clients resolve dots, and an empty segment is another path."""
    with pytest.raises(BadInput):
        fill("/invoices/{id}", {"id": value})


def test_a_missing_setting_is_named() -> None:
    """The tenant has to complete the connection."""
    with pytest.raises(NeedsConfig, match="'shop'") as refused:
        fill("/{shop}/invoices", {})
    assert refused.value.details == {"setting": "shop"}


def test_later_parameters_override_earlier_ones() -> None:
    """Each name once, in the order of its first mention; the day of the request is filled in."""
    assert merged([("a", "1"), ("b", "2")], [], [("a", "3"), ("c", "4")]) == (
        ("a", "3"),
        ("b", "2"),
        ("c", "4"),
    )
    assert dated([("to", "{today}"), ("n", "1")], NOW.date()) == (("to", "2026-11-15"), ("n", "1"))


def test_only_the_parts_that_are_wanted_are_asked_for() -> None:
    """By field, references by the field they carry; all parts when nobody knows the fields."""
    mapped = fields(
        Invoice,
        native_id=text("id"),
        lines=INVOICES.fields.wires["lines"],
        party_ref=ref("Party", "contact", expand="contact"),
        payment_refs=ref("Payment", "paid", expand="payments"),
    )

    def words(*wanted: str) -> object:
        return expansion(Expand(param="with"), mapped, frozenset(wanted))

    assert words("number") == ()
    assert words("party", "number") == (("with", "contact"),)
    assert words("payments", "lines") == (("with", "lines,payments"),)
    assert words("payment") == ()
    assert words() == (("with", "contact,lines,payments"),)
    assert expansion(None, mapped, frozenset()) == ()


def test_what_would_be_read_all_the_same_is_not_asked_for() -> None:
    """An id needs no record; a record that comes whole is asked for, unless a part is wanted that it never has inside
    of another; one of which a little comes along is asked for if that is all.
    """
    address = one("at", fields(Address, city=text("town")), expand="address")
    parties = fields(Party, native_id=text("id"), email=text("mail"), address=address)
    provider = replace(TINY, resources=(Resource(kind="Party", fields=parties),))
    name = fields(Party, native_id=text("contact"), display_name=text("who"))
    mapped = fields(
        Invoice,
        native_id=text("id"),
        party_ref=ref("Party", "contact", embed="contact", expand="contact"),
        account_ref=ref("Party", "other", expand="name", summary=name),
    )

    def words(*wanted: str) -> object:
        return expansion(Expand(param="with"), mapped, frozenset(wanted), provider)

    assert words("party", "party.id", "party.__typename") == ()
    assert words("party", "party.id", "party.email") == (("with", "contact"),)
    assert words("party", "party.email", "party.address") == ()
    assert words("party", "party.source") == ()
    assert words("account", "account.display_name") == (("with", "name"),)
    assert words("account", "account.display_name", "account.email") == ()
    assert words("party", "account") == (("with", "contact,name"),)


def test_a_call_carries_the_terms_of_its_request() -> None:
    """Template and path, deadline and trace; an own age widens what the caller takes and never narrows it."""
    link = Link("tenant", "live", "link-1", TINY, TINY.base_url, {"shop": "a b"})
    made = call(terms(), link, "/{shop}/x/{id}", {"id": "7"}, (("a", "1"),))
    assert (made.method, made.path, made.template, made.query) == (
        "GET",
        "/a%20b/x/7",
        "/{shop}/x/{id}",
        (("a", "1"),),
    )
    assert (made.deadline, made.fresh) == (20.0, Fresh())
    older = terms(fresh=Fresh(60.0, no_cache=False))
    ages = [call(older, link, "/x", {}, (), max_age=age).fresh.max_age_seconds for age in (0.0, 30.0, 90.0)]
    assert ages == [60.0, 60.0, 90.0]
