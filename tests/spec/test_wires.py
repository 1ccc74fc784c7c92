"""Wires made of several values: parts inside their parents, references, what quirks make."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.model.banking import Category
from ledgermesh.model.row import Malformed, Row
from ledgermesh.spec import leaves, wires


def test_what_a_quirk_stumbles_over_is_malformed() -> None:
    """A pure function may leave what it cannot read to its ValueError; the reason never holds the value."""
    wire = wires.made(int, "x", "y", read=lambda row: int(str(row.doc["x"])), transform="odd")
    with pytest.raises(Malformed) as refused:
        wire.read(Row({"x": "secret"}))
    assert (refused.value.path, refused.value.reason) == ("x, y", "cannot be read as odd")


def test_parts_are_read_inside_their_parent() -> None:
    """Elements know their place and their parent's values; one that is no object is left out with a finding."""
    part = wires.fields(Category, native_id=leaves.text("^id"), name=leaves.text("name"))
    wire = wires.each("rows", part)
    findings: list[Any] = []
    rows: Any = wire.value(Row({"id": 7, "rows": [{"name": "a"}, 5, {"name": "b"}]}), findings)
    assert [(row.native_id, row.name, row.__dict__["_row"].index) for row in rows] == [
        ("7", "a", 0),
        ("7", "b", 2),
    ]
    assert [(finding.code, finding.path) for finding in findings] == [("MALFORMED", "rows")]
    with pytest.raises(Malformed):
        wire.value(Row({"rows": {"name": "a"}}), [])
    with pytest.raises(Malformed):
        wires.one("x", part).value(Row({"x": "a"}), [])


def test_a_reference_tells_what_the_document_holds() -> None:
    """The embedded document where it is one, and the summary with its holder."""
    summary = wires.fields(Category, name=leaves.text("contactName"))
    wire = wires.ref("Party", "contact", embed="whole", summary=summary)
    row = Row({"contact": 5, "whole": {"id": 5}, "contactName": "Ann"})
    found: Any = wire.read(row)
    assert (found.row.doc, found.row.parent, found.holder) == ({"id": 5}, row, row)
    assert found.summary["name"].value(found.holder, []) == "Ann"
    assert set(wire.paths) == {"contact", "whole", "contactName"}
    bare: Any = wire.read(Row({"contact": 5, "whole": "later"}))
    assert bare.row is None


@pytest.mark.parametrize("found", [None, 0, "", False, Decimal(0)])
def test_nothing_is_no_reference(found: object) -> None:
    """Providers write 0 and the empty text where there is none."""
    assert wires.ref("Party", "contact", prefix="c:").read(Row({"contact": found})) is None


@pytest.mark.parametrize("found", [True, Decimal(5), [], ["a"], {}, {"id": 5}])
def test_what_is_no_id_is_no_reference(found: object) -> None:
    """Malformed, and not the text of whatever stands there."""
    with pytest.raises(Malformed):
        wires.ref("Party", "contact").read(Row({"contact": found}))


def test_a_reference_has_the_prefix_of_its_kind() -> None:
    """Before a text as before a number."""
    found: list[Any] = [
        wires.ref("Party", "contact", prefix="c:").read(Row({"contact": each})) for each in ("a", 5)
    ]
    assert [each.native_id for each in found] == ["c:a", "c:5"]
