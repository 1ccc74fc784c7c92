"""Files of records: links that cost nothing, end soon, and are read from the provider when they are opened."""

from __future__ import annotations

import pytest

from ledgermesh.engine.links import LASTS_SECONDS, LinkEnded
from ledgermesh.errors import LedgermeshError, Unavailable
from tests.graph.demo import Demo, demo_house

COMPANY = "alpine-studio"
LINKS = """query Links($company: ID!) { company(key: $company) { invoices(first: 2, from: ["smallinvoice"]) {
  nodes { number downloads { name contentType url expiresAt } } } } }"""


async def links(here: Demo) -> dict[str, str]:
    """The links of the newest invoice, by name."""
    answer = await here.ask(LINKS, company=COMPANY)
    [first, second] = answer["data"]["company"]["invoices"]["nodes"]
    assert len(here.calls(answer)) == 1, "a link costs no call"
    assert not {each["url"] for each in first["downloads"]} & {each["url"] for each in second["downloads"]}
    assert {each["name"]: each["contentType"] for each in first["downloads"]} == {
        "pdf": "application/pdf",
        "preview": "image/png",
    }
    return {each["name"]: each["url"].removeprefix("/files/") for each in first["downloads"]}


async def test_a_link_gives_the_provider_s_bytes() -> None:
    """PDF and picture, each as what it is; its name says of which record."""
    async with demo_house() as here:
        found = await links(here)
        pdf = await here.gateway.answers.file(found["pdf"], 20.0)
        picture = await here.gateway.answers.file(found["preview"], 20.0)
    assert (pdf.content_type, pdf.body[:5]) == ("application/pdf", b"%PDF-")
    assert pdf.name.startswith("invoice-") and pdf.name.endswith("-pdf.pdf")
    assert (picture.content_type, picture.body[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")


async def test_a_link_ends_and_cannot_be_changed() -> None:
    """After its time, with a letter changed, or made up: the same refusal, without a call."""
    async with demo_house() as here:
        link = (await links(here))["pdf"]
        before = here.reads
        other = "B" if link[-20] == "A" else "A"
        for wrong in ("", "x", link[:-1], f"{link[:-20]}{other}{link[-19:]}", "A" * 3000):
            with pytest.raises(LinkEnded):
                await here.gateway.answers.file(wrong, 20.0)
        here.clock.advance(LASTS_SECONDS + 1)
        with pytest.raises(LinkEnded):
            await here.gateway.answers.file(link, 20.0)
        assert here.reads == before


async def test_a_link_says_nothing_of_what_it_is_for() -> None:
    """Neither the company, the connection nor the provider's id can be read from it."""
    async with demo_house() as here:
        link = (await links(here))["pdf"]
    for secret in (COMPANY, "smallinvoice", "Invoice", "demo"):
        assert secret not in link


async def test_a_provider_that_is_down_is_a_typed_error() -> None:
    """And the link works again when the provider does."""
    async with demo_house() as here:
        link = (await links(here))["pdf"]
        here.down.add("smallinvoice")
        with pytest.raises(LedgermeshError) as refused:
            await here.gateway.answers.file(link, 20.0)
        here.down.clear()
        here.clock.advance(60)
        assert (await here.gateway.answers.file(link, 20.0)).body
    assert isinstance(refused.value, Unavailable)
