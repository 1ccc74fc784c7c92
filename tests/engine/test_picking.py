"""Several records in one call by their ids, where the provider has such a call: which calls are made, what comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from msgspec import structs

from ledgermesh.engine.hub import Hub
from ledgermesh.engine.picking import SINGLES_MAX
from ledgermesh.errors import Absent, Garbled, TooCostly, Unavailable, Unsupported
from ledgermesh.model.item import Item
from ledgermesh.model.record import Record
from ledgermesh.spec.leaves import text
from ledgermesh.spec.paging import Offset, Whole
from ledgermesh.spec.resource import Expand, Get, List, Many, Resource
from ledgermesh.spec.wires import fields
from ledgermesh.upstream.call import Call
from tests.engine.tiny import TINY, Shop, hub

MANY = Many(path="/goods", param="ids", ids_max=5, items="rows", query=(("limit", "5"),))
GOODS = Resource(
    kind="Item",
    list=List(path="/goods/all", items="rows", page=Offset(size_max=3, total="total")),
    get=Get(path="/goods/{id}"),
    many=MANY,
    fields=fields(Item, native_id=text("id"), name=text("name")),
)


def row(id: str) -> dict[str, object]:
    """One of the goods."""
    return {"id": id, "name": f"Loaf {id}"}


def shop(known: int = 40, size: int = 3) -> Shop:
    """Goods 1 to `known`, in a list, one by one, and several at once."""
    ids = [str(number) for number in range(1, known + 1)]

    def some(call: Call) -> object:
        asked = [id for name, value in call.query if name == "ids" for id in value.split(",")]
        return {"rows": [row(id) for id in asked if id in ids]}

    def page(call: Call) -> object:
        start = int(dict(call.query).get("offset", 0))
        return {"rows": [row(id) for id in ids[start : start + size]], "total": known}

    singles = {f"/goods/{id}": row(id) for id in ids}
    return Shop({"/goods": some, "/goods/all": page, **singles})


def books(shop: Shop, resource: Resource = GOODS) -> Hub:
    """The shop's books, with this resource alone."""
    found = hub(shop)
    return structs.replace(found, link=replace(found.link, provider=replace(TINY, resources=(resource,))))


async def named(
    shop: Shop, ids: list[str], resource: Resource = GOODS, wanted: frozenset[str] = frozenset()
) -> Mapping[str, object]:
    """The name of each that was found; what else came in place of the others."""
    found = await books(shop, resource).many("Item", ids, wanted)
    return {id: each.name if isinstance(each, Item) else each for id, each in found.items()}


async def test_several_are_one_call() -> None:
    """In one order, so that equal questions are equal calls; one alone is read by its own address."""
    asked = shop()
    assert await named(asked, ["7", "3", "5"]) == {"7": "Loaf 7", "3": "Loaf 3", "5": "Loaf 5"}
    assert asked.asked == ["/goods?limit=5&ids=3,5,7"]
    asked.calls.clear()
    assert await named(asked, ["7"]) == {"7": "Loaf 7"}
    assert asked.asked == ["/goods/7"]


async def test_without_an_address_of_its_own_one_is_asked_for_like_several() -> None:
    """There is no other way than the list, which may be longer."""
    asked = shop()
    assert await named(asked, ["7"], replace(GOODS, get=None)) == {"7": "Loaf 7"}
    assert asked.asked == ["/goods?limit=5&ids=7"]


async def test_the_parameter_may_be_repeated() -> None:
    """Once for each id, behind the parameters that are always there."""
    asked = shop()
    repeated = replace(GOODS, many=replace(MANY, separator=""))
    assert await named(asked, ["7", "3"], repeated) == {"7": "Loaf 7", "3": "Loaf 3"}
    assert asked.asked == ["/goods?limit=5&ids=3&ids=7"]


async def test_more_than_one_call_takes_are_several_calls() -> None:
    """Two are made at once without a look at the list."""
    asked = shop()
    ids = [str(number) for number in range(1, 11)]
    assert list((await named(asked, ids)).values()) == [f"Loaf {id}" for id in ids]
    assert asked.asked == ["/goods?limit=5&ids=1,10,2,3,4", "/goods?limit=5&ids=5,6,7,8,9"]


@pytest.mark.parametrize(("known", "size", "calls"), [(100, 3, 1 + 3), (12, 10, 2)])
async def test_more_calls_are_weighed_against_the_list(known: int, size: int, calls: int) -> None:
    """The first page tells how many there are: a long list is left for calls by ids, a short one is read."""
    asked = shop(known, size)
    ids = ["1", *(str(number) for number in range(known, known - 11, -1))]
    assert None not in (await named(asked, ids)).values()
    assert len(asked.calls) == calls
    assert {call.path for call in asked.calls} == ({"/goods/all", "/goods"} if known > 50 else {"/goods/all"})


async def test_a_list_without_pages_is_one_call() -> None:
    """Fewer than three by ids."""
    asked = shop()
    asked.answers["/goods/all"] = {"rows": [row(str(number)) for number in range(1, 41)]}
    whole = replace(GOODS, list=List(path="/goods/all", items="rows", page=Whole()))
    assert None not in (await named(asked, [str(number) for number in range(1, 12)], whole)).values()
    assert asked.asked == ["/goods/all"]


async def test_what_the_answer_leaves_out_is_not_there() -> None:
    """And what nobody asked for is not looked at; neither costs another call."""
    asked = shop()
    asked.answers["/goods"] = {"rows": [row("9"), row("3"), row("3")]}
    assert await named(asked, ["3", "4"]) == {"3": "Loaf 3", "4": None}
    assert len(asked.calls) == 1


async def test_a_row_that_cannot_be_read_may_be_any_that_is_missing() -> None:
    """So those are errors and not absent; the others are there."""
    asked = shop()
    asked.answers["/goods"] = {"rows": [row("3"), "4", {"id": True}]}
    found = await named(asked, ["3", "4"])
    assert found["3"] == "Loaf 3" and isinstance(found["4"], Garbled)


@pytest.mark.parametrize("answer", [{}, {"rows": {}}, [], None], ids=str)
async def test_an_answer_without_rows_is_an_error(answer: object) -> None:
    """Never an absent record."""
    asked = shop()
    asked.answers["/goods"] = answer
    assert all(isinstance(each, Garbled) for each in (await named(asked, ["3", "4"])).values())


async def test_one_call_that_fails_costs_its_own_ids() -> None:
    """The error stands for each of them; those of the other call are there."""
    asked = shop()
    good = asked.answers["/goods"]
    assert callable(good)
    asked.answers["/goods"] = lambda call: (
        Unavailable("down") if "7" in dict(call.query)["ids"].split(",") else good(call)
    )
    found = await named(asked, [str(number) for number in range(1, 11)])
    assert [id for id, each in found.items() if isinstance(each, Unavailable)] == ["5", "6", "7", "8", "9"]
    assert sum(isinstance(each, str) for each in found.values()) == 5 and len(asked.calls) == 2


async def test_all_refused_because_of_one_are_read_singly() -> None:
    """Where that is possible; else nobody knows which one it was, and the error is that of each."""
    asked = shop(5)
    asked.answers["/goods"] = Absent("no such record")
    assert await named(asked, ["3", "4", "9"]) == {"3": "Loaf 3", "4": "Loaf 4", "9": None}
    assert len(asked.calls) == 1 + 3

    asked.calls.clear()
    found = await named(asked, ["3", "9"], replace(GOODS, get=None))
    assert all(isinstance(each, Absent) for each in found.values()) and len(asked.calls) == 1
    assert await named(asked, ["9"], replace(GOODS, get=None)) == {"9": None}


async def test_an_id_with_the_separator_in_it_is_asked_for_alone() -> None:
    """It would be taken for two; where it cannot be asked for alone, that is said."""
    asked = shop()
    asked.answers["/goods/1%2C2"] = row("1,2")
    assert await named(asked, ["1,2", "3", "4"]) == {"1,2": "Loaf 1,2", "3": "Loaf 3", "4": "Loaf 4"}
    assert asked.asked == ["/goods?limit=5&ids=3,4", "/goods/1%2C2"]
    found = await named(asked, ["1,2", "3"], replace(GOODS, get=None))
    assert isinstance(found["1,2"], Unsupported) and found["3"] == "Loaf 3"


async def test_calls_by_ids_have_a_bound() -> None:
    """Beyond it an error says so, and no call is made."""
    asked = shop(10)
    ids = [f"x{number:04}" for number in range(SINGLES_MAX * 5 + 7)]
    found = await named(asked, ids, replace(GOODS, list=None, get=None))
    assert len(asked.calls) == SINGLES_MAX
    assert [id for id, each in found.items() if isinstance(each, TooCostly)] == ids[SINGLES_MAX * 5 :]


async def test_only_the_parts_that_are_wanted_are_asked_for() -> None:
    """As of a list, and of one record."""
    asked = shop()
    named_parts = replace(
        GOODS,
        many=replace(MANY, expand=Expand(param="with")),
        fields=fields(Item, native_id=text("id"), name=replace(text("name"), expand="names")),
    )
    await named(asked, ["3", "4"], named_parts, frozenset(("name",)))
    await named(asked, ["3", "4"], named_parts, frozenset(("number",)))
    assert asked.asked == ["/goods?limit=5&with=names&ids=3,4", "/goods?limit=5&ids=3,4"]


async def test_each_resource_of_a_kind_is_asked_for_its_own() -> None:
    """Native ids carry its name; the provider is given its own ids."""
    asked = shop()
    found = await books(asked, replace(GOODS, name="goods")).many(
        "Item", ["goods:3", "goods:4", "hours:3"], frozenset()
    )
    assert asked.asked == ["/goods?limit=5&ids=3,4"]
    assert [isinstance(each, Record) for each in found.values()] == [True, True, False]
