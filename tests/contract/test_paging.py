"""All records once, whatever the pages."""

from __future__ import annotations

import httpx
import pytest

from ledgermesh.engine.paging import size_max
from ledgermesh.errors import Garbled, Unsupported
from ledgermesh.model.record import Record
from ledgermesh.spec.paging import FirstRows, Numbered, Offset
from ledgermesh.spec.resource import Resource
from tests.contract.known import PROVIDERS
from tests.contract.reading import Whole, open_resource, read_list
from tests.contract.stand import standing

PAGED = [
    pytest.param(name, resource, id=f"{name}-{resource.kind}{resource.name}")
    for name, provider in sorted(PROVIDERS.items())
    for resource in provider.resources
    if resource.list is not None and resource.children is None and isinstance(resource.list.page, Offset)
]
NUMBERED = [
    pytest.param(name, resource, id=f"{name}-{resource.kind}{resource.name}")
    for name, provider in sorted(PROVIDERS.items())
    for resource in provider.resources
    if resource.list is not None and isinstance(resource.list.page, Numbered)
]
CUT = [
    pytest.param(name, resource, id=f"{name}-{resource.kind}")
    for name, provider in sorted(PROVIDERS.items())
    for resource in provider.resources
    if resource.list is not None and isinstance(resource.list.page, FirstRows)
]


def ids(whole: Whole) -> list[str]:
    """Ids in the order they came."""
    return [row.native_id for row in whole.rows]


@pytest.mark.parametrize(("name", "resource"), PAGED)
async def test_pages_of_every_size_agree(name: str, resource: Resource) -> None:
    """Small pages, pages that end exactly with the list, and pages the provider cuts below what was asked for."""
    async with standing(name) as stand:
        asked = await read_list(stand, open_resource(stand, resource))
        count = len(asked.rows)
        assert count > 1
        by_three = await read_list(stand, open_resource(stand, resource), size=3)
        exactly = await read_list(stand, open_resource(stand, resource), size=count)
        stand.rig.page_size(stand.emulator, 2)
        capped = await read_list(stand, open_resource(stand, resource))
    assert len(set(ids(asked))) == count
    assert ids(by_three) == ids(exactly) == ids(capped) == ids(asked)
    assert capped.pages >= (count + 1) // 2 and by_three.pages >= (count + 2) // 3


@pytest.mark.parametrize(("name", "resource"), NUMBERED)
async def test_numbered_pages_of_every_size_agree(name: str, resource: Resource) -> None:
    """However few rows the provider puts on a page, and however short it leaves some: every row once, then the end."""
    async with standing(name) as stand:
        asked = await read_list(stand, open_resource(stand, resource))
        count = len(asked.rows)
        assert count > 1
        for rows in (5, 2, 1):
            stand.rig.page_size(stand.emulator, rows)
            capped = await read_list(stand, open_resource(stand, resource))
            assert ids(capped) == ids(asked)
            assert capped.pages > count // rows
    assert len(set(ids(asked))) == count


@pytest.mark.parametrize(("name", "resource"), NUMBERED)
async def test_a_provider_that_shows_its_last_page_for_ever_is_refused(name: str, resource: Resource) -> None:
    """It never comes to an empty page; that ends as an error, not as a list."""
    async with standing(name) as stand:
        stand.rig.page_size(stand.emulator, 5)
        last: list[httpx.Response] = []

        def clamped(response: httpx.Response) -> httpx.Response:
            if response.json():
                last[:] = [response]
            return last[0]

        stand.line.editing = clamped
        with pytest.raises(Garbled, match="repeated"):
            await read_list(stand, open_resource(stand, resource))


@pytest.mark.parametrize(("name", "resource"), PAGED)
async def test_an_empty_page_is_the_end(name: str, resource: Resource) -> None:
    """Also where the provider's count promises more: rows that left while the list was read."""
    async with standing(name) as stand:
        count = len((await read_list(stand, open_resource(stand, resource))).rows)
        calls: list[httpx.Response] = []

        def emptied(response: httpx.Response) -> httpx.Response:
            calls.append(response)
            return response if len(calls) == 1 else _emptied(response, resource)

        stand.line.editing = emptied
        size = min(count - 1, size_max(resource.list.page)) if resource.list is not None else count - 1
        whole = await read_list(stand, open_resource(stand, resource), size=size)
    assert (len(whole.rows), len(calls)) == (size, 2)


def _emptied(response: httpx.Response, resource: Resource) -> httpx.Response:
    """The same answer without its rows."""
    assert resource.list is not None
    if not resource.list.items:
        return httpx.Response(200, json=[])
    return httpx.Response(200, json={**response.json(), resource.list.items: []})


@pytest.mark.parametrize(("name", "resource"), PAGED)
async def test_a_repeated_page_is_refused(name: str, resource: Resource) -> None:
    """A provider that forgets the offset shows its first page for ever; that ends as an error, not as a list."""
    async with standing(name) as stand:
        stand.rig.page_size(stand.emulator, 2)
        first: list[httpx.Response] = []

        def again(response: httpx.Response) -> httpx.Response:
            first.append(response)
            return first[0]

        stand.line.editing = again
        with pytest.raises(Garbled, match="repeated"):
            await read_list(stand, open_resource(stand, resource))
    assert len(first) == 2


@pytest.mark.parametrize(("name", "resource"), PAGED)
async def test_a_page_size_that_changes_on_the_way_loses_nothing(name: str, resource: Resource) -> None:
    """The provider halves its pages while the list is read."""
    async with standing(name) as stand:
        want = ids(await read_list(stand, open_resource(stand, resource)))
        sizes = iter((3, 1, 2))

        def shrink(response: httpx.Response) -> httpx.Response:
            stand.rig.page_size(stand.emulator, next(sizes, 5))
            return response

        stand.line.editing = shrink
        stand.rig.page_size(stand.emulator, 4)
        got = ids(await read_list(stand, open_resource(stand, resource)))
    assert got == want


@pytest.mark.parametrize(("name", "resource"), CUT)
async def test_a_list_without_a_way_on_says_that_it_is_cut(name: str, resource: Resource) -> None:
    """What fits is complete; a full answer is truncated, with the reason that the definition gives."""
    list_ = resource.list
    assert list_ is not None and isinstance(list_.page, FirstRows)
    size = size_max(list_.page)

    def filled(response: httpx.Response) -> httpx.Response:
        rows = response.json()[list_.items]
        copies = [{**rows[0], "id": f"copy{number}"} for number in range(size - len(rows))]
        return httpx.Response(200, json={list_.items: [*rows, *copies]})

    async with standing(name) as stand:
        whole = await read_list(stand, open_resource(stand, resource))
        assert whole.truncated is None and len(whole.rows) < size
        stand.line.editing = filled
        cut = await read_list(stand, open_resource(stand, resource))
        found = await stand.hub().many(resource.kind, ["nobody", whole.rows[0].native_id], frozenset())
    assert (len(cut.rows), cut.truncated, cut.pages) == (size, list_.page.reason, 1)
    assert isinstance(found["nobody"], Unsupported) and found["nobody"].message == list_.page.reason
    assert isinstance(found[whole.rows[0].native_id], Record)
