"""Where a record comes from: source, raw document, unmapped fields, findings, provenance."""

from __future__ import annotations

from typing import Any

import pytest

from ledgermesh.engine.mapping import Maker
from ledgermesh.model.enums import PartyRole
from ledgermesh.model.mapped import graphql_name, read_all
from ledgermesh.model.party import Address, Party
from ledgermesh.spec.leaves import flag, text
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.wires import constant, fields, one, ref
from tests.engine.test_mapping import maker
from tests.engine.tiny import NOW, TAXES, Shop, hub

PARTIES = Resource(
    kind="Party",
    fields=fields(
        Party,
        native_id=text("id"),
        display_name=text("who.name"),
        deleted=flag("gone"),
        address=one("where", fields(Address, city=text("town"))),
        roles=constant((PartyRole.CUSTOMER,)),
        receivable_account_ref=ref("Account", "account", embed="ledger"),
    ),
)
DOCUMENT = {
    "id": 7,
    "who": {"name": "Ann", "age": 40},
    "gone": "no",
    "where": {"town": "Bern", "zip": "3000"},
    "account": 12,
    "ledger": {"id": 12},
    "extra": [1],
}


def party(document: dict[str, object] | None = None) -> Any:
    """A record over this document."""
    made = hub(Shop())
    (found,) = Maker(made.link, made.connection, PARTIES, made.ids).records(
        [document or DOCUMENT], NOW, None, []
    )
    return found


def test_the_source_says_where_a_record_comes_from() -> None:
    """Connection, the provider's id, when; derived ones say so; the id is sealed from all three."""
    record = party()
    source = record.source()
    assert (source.connection.id, source.native_id, source.fetched_at) == ("link-1", "7", NOW)
    assert (source.origin.kind.name, record.id()) == ("NATIVE", "Party/link-1/7")
    (tax,) = maker(TAXES).records([{"id": "r"}], NOW, None, [])
    assert tax.source().origin.kind.name == "DERIVED"


def test_raw_is_the_whole_document() -> None:
    """As it came, also what is not mapped."""
    assert party().source().raw() == DOCUMENT


def test_unmapped_is_what_the_model_does_not_carry() -> None:
    """Also inside objects of which it carries a part by path, under the dotted path; embedded records are carried."""
    assert party().source().unmapped() == {"who.age": 40, "extra": [1]}


def test_findings_are_all_found_though_nobody_asked_for_the_fields() -> None:
    """Asking for them reads every field and every part; nothing stands there twice."""
    record = party({**DOCUMENT, "where": {"town": {}}})
    paths = [finding.path for finding in record.source().findings()]
    assert paths == ["city", "deleted"], "in order of their places"
    assert [finding.path for finding in record.source().findings()] == paths
    read_all(record)


def test_provenance_tells_each_field_from_its_place() -> None:
    """Under the name the schema gives it; several places come as a list; what comes from nowhere is left out."""
    record = party()
    told = {each.field: (each.transform, each.paths, each.raw) for each in record.source().provenance()}
    assert told["displayName"] == ("text", ["who.name"], "Ann")
    assert told["receivableAccount"] == ("ref", ["account", "ledger"], [12, {"id": 12}])
    assert "roles" not in told and "email" not in told
    assert [each.field for each in record.source().provenance(["displayName", "roles"])] == ["displayName"]


def test_provenance_survives_a_document_that_is_not_what_it_should_be() -> None:
    """It tells what stands there, and nothing where nothing can."""
    told = {each.field: each.raw for each in party({**DOCUMENT, "who": "Ann"}).source().provenance()}
    assert told["displayName"] is None and told["deleted"] == "no"


@pytest.mark.parametrize(
    ("python", "graphql"),
    [("native_id", "nativeId"), ("from_", "from"), ("iban", "iban"), ("paid_date", "paidDate")],
)
def test_names_of_the_schema(python: str, graphql: str) -> None:
    """As Strawberry makes them."""
    assert graphql_name(python) == graphql
