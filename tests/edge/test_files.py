"""Files through links: what a browser gets, and what nobody gets."""

from __future__ import annotations

from tests.edge.desk import Desk, code, gateway


async def test_a_file_comes_as_what_it_is_and_can_do_nothing() -> None:
    """Its type and a harmless name; nobody keeps it, sniffs it or lets it run as a page."""
    async with gateway(Desk(), headers={}) as http:
        answer = await http.get("/files/good")

    assert (answer.status_code, answer.content) == (200, b"%PDF-1.4")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="invoice-_7_-pdf.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")


async def test_an_ended_link_says_what_to_do() -> None:
    """As JSON with a code; the link itself is not repeated."""
    async with gateway(Desk(), headers={}) as http:
        answer = await http.get("/files/old-link")

    assert (answer.status_code, code(answer)) == (404, "LINK_ENDED")
    assert "old-link" not in answer.text


async def test_what_nobody_expected_is_masked() -> None:
    """A reference stands for it, not its words."""
    async with gateway(Desk(), headers={}) as http:
        answer = await http.get("/files/broken")

    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert "secret" not in answer.text


async def test_nothing_but_reading() -> None:
    """A link is for GET."""
    async with gateway(Desk(), headers={}) as http:
        assert (await http.post("/files/good")).status_code == 405
