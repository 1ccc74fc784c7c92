"""Writing invoices, offers, order confirmations, delivery notes and letters at the smallinvoice emulator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.smallinvoice import TO_FIVE_CENTS
from tests.sandbox.contracts import ON_PURPOSE
from tests.sandbox.smallinvoice_bodies import DOCUMENTS, INVOICES, LINE, customer, document, line, made
from tests.sandbox.smallinvoice_desk import Desk, exact, open_desk, tiny_world

OFFERS = "/receivables/offers"
EMAIL = {"subject": "Rechnung", "body": "Guten Tag", "recipients": [{"email": "a@b.example", "name": "Anna"}]}
PALETTE = {"palette": "BW", "print": "D", "speed": "E"}
LETTERS = "/contacts/letters"


@pytest.fixture
async def desk() -> Desk:
    """The tiny books."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


async def letter(desk: Desk) -> Any:
    """A new letter."""
    contact = await customer(desk)
    body = {"contact_id": contact["id"], "contact_address_id": contact["main_address_id"], "content": "Text"}
    return await desk.post(LETTERS, {**body, "date": "2025-06-15", "language": "fr", "title": "Bonjour"})


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_new_document_is_a_draft_with_the_next_number(desk: Desk, path: str) -> None:
    """The first of its kind is 10000, the invoices of these books end at 10004; ids differ, numbers are unique."""
    first, second = await made(desk, path), await made(desk, path)
    start = 10005 if path == INVOICES else 10000
    assert [each["number"] for each in (first, second)] == [str(start), str(start + 1)]
    assert (first["status"], first["total"], first["created"]) == (
        "DR",
        Decimal("216.2"),
        "2025-06-15 12:00:00",
    )
    assert first == (await desk.get(f"{path}/{first['id']}"))["item"]
    assert await desk.wrong("POST", path, await document(desk, path, number=second["number"])) == {
        "number": 1105
    }
    assert await desk.wrong("PUT", f"{path}/{first['id']}", {"number": second["number"]}) == {"number": 1105}
    renumbered = await desk.put(f"{path}/{first['id']}", {"number": "X-1"})
    assert renumbered == {**first, "number": "X-1"}


async def test_what_was_typed_is_shown(desk: Desk) -> None:
    """Everything that an invoice takes comes back, and what it implies."""
    texts = [{"status": "R1", "title": "Mahnung {INVOICENO}", "introduction": "", "conditions": ""}]
    free = [
        {
            "text": "Danke",
            "font_size": 12,
            "position_x": Decimal("1.5"),
            "position_y": Decimal("2.0"),
            "page": 1,
        }
    ]
    step = {
        "active": True,
        "status": "R",
        "overdue_days": 5,
        "action": "CP",
        "contact_email": None,
        "speed": "E",
    }
    given: dict[str, Any] = {
        "period_from": "2025-05-01",
        "period_to": "2025-05-31",
        "period_text": "Mai",
        "cash_discount_rate": 3,
        "cash_discount_date": "2025-06-25",
        "isr_position": "L",
        "payment_link_paypal": True,
        "language": "it",
        "signature_id": 4,
        "layout_id": 5,
        "notes": "Intern",
        "bank_account_id": None,
        "isr_id": None,
    }
    invoice = await made(
        desk,
        **given,
        texts=texts,
        free_texts=[{**free[0], "position_x": 1.5, "position_y": 2}],
        workflow=[step],
    )
    extras = "texts,free_texts,workflow,bank_account,isr,custom_fields"
    shown = (await desk.get(f"{INVOICES}/{invoice['id']}", with_=extras))["item"]
    assert {key: shown[key] for key in given} == given
    assert (shown["texts"], shown["free_texts"], shown["workflow"]) == (texts, free, [step])
    assert (shown["bank_account"], shown["isr"]) == (None, None)
    assert shown["payment_link_paypal_url"].startswith("https://")
    assert shown["payment_link_payrexx_url"] is None
    paper = desk.books.invoice(invoice["number"])
    assert paper is not None
    assert (paper.state, paper.memo, str(paper.due)) == ("draft", "Intern", "2025-07-15")


@pytest.mark.parametrize(
    ("lines", "more", "shown", "total"),
    [
        ([line(10.04)] * 3, {}, ["10.85"] * 3, "32.56"),
        ([line(100)], {"vat_included": True}, ["100.0"], "100.0"),
        ([line(100, discount_rate=10)], {}, ["97.29"], "97.29"),
        ([line(100, discount_rate=10, discount_type="A")], {}, ["97.29"], "97.29"),
        ([line(100), line(100, vat=2.6)], {"discount_rate": 10}, ["108.1", "102.6"], "189.63"),
        (
            [line(100), line(100, vat=2.6)],
            {"discount_rate": 20, "discount_type": "A"},
            ["108.1", "102.6"],
            "189.63",
        ),
        ([line(3.335, 3)], {"vat_included": True}, ["10.01"], "10.01"),
        ([line(1.075, vat=0)], {}, ["1.08"], "1.08"),
        ([], {}, [], "0.0"),
        ([{"type": "SI", "catalog_type": "S"}, line(5, vat=0)], {}, [None, "5.0"], "5.0"),
    ],
)
async def test_totals_follow_from_the_lines(
    desk: Desk, lines: list[dict[str, Any]], more: dict[str, Any], shown: list[str | None], total: str
) -> None:
    """Line totals are gross and rounded each, the document's once; the books come to the same."""
    invoice = await made(desk, positions=lines, **more)
    positions = (await desk.get(f"{INVOICES}/{invoice['id']}", with_="positions"))["item"]["positions"]
    assert [each["total"] for each in positions] == [
        None if each is None else Decimal(each) for each in shown
    ]
    assert invoice["total"] == Decimal(total)
    paper = desk.books.invoice(invoice["number"])
    assert paper is not None
    if lines != [line(3.335, 3)]:
        assert totals(desk.books, paper).total == Decimal(total)
    desk.emulator.switches.total_step = TO_FIVE_CENTS
    rounded = (await desk.get(f"{INVOICES}/{invoice['id']}"))["item"]["total"]
    assert rounded % Decimal("0.05") == 0
    assert abs(rounded - Decimal(total)) <= Decimal("0.025")


async def test_positions_are_replaced_as_a_whole(desk: Desk) -> None:
    """Two lines give way to one; without `positions` they stay, and what else decides the total still counts."""
    invoice = await made(desk, positions=[LINE, LINE])
    path = f"{INVOICES}/{invoice['id']}"
    assert (await desk.put(path, {"notes": "x"}))["total"] == Decimal("432.4")
    changed = await desk.put(path, {"positions": [line(50, number="100", discount_rate=None)]})
    assert changed["total"] == Decimal("54.05")
    [position] = (await desk.get(path, with_="positions"))["item"]["positions"]
    assert (position["number"], position["discount_rate"], position["show_only_total"]) == (
        "100",
        None,
        False,
    )
    assert (await desk.put(path, {"vat_included": True}))["total"] == Decimal("50.0")
    assert (await desk.put(path, {"discount_rate": 10}))["total"] == Decimal("45.0")


async def test_an_old_invoice_can_be_changed_too(desk: Desk) -> None:
    """What the books held before stays as it was shown, but for what changes."""
    [invoice] = (await desk.get(INVOICES, filter='{"number": "9999"}', with_="positions"))["items"]
    path = f"{INVOICES}/{invoice['id']}"
    changed = await desk.put(path, {"number": "9998", "due": "2025-08-01"})
    expected = {**invoice, "number": "9998", "due": "2025-08-01", "status": changed["status"]}
    assert (await desk.get(path, with_="positions"))["item"] == expected
    assert (await desk.put(path, {"discount_rate": 50}))["total"] == Decimal("16.28")


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (
            {"positions": [{"type": "N", "catalog_type": "S"}]},
            {f"positions.0.{k}": 1100 for k in ("price", "vat", "amount", "unit_id")},
        ),
        ({"positions": [LINE, {**LINE, "type": "Q"}]}, {"positions.1.type": 1102}),
        ({"positions": [LINE, {**LINE, "vat": "8"}]}, {"positions.1.vat": 1101}),
        ({"positions": [{**LINE, "unit_id": 99}]}, {"positions.0.unit_id": 1102}),
        ({"positions": None, "due": "15.7.2025"}, {"positions": 1100, "due": 1103}),
        ({"date": "2025-6-15", "currency": "Fr."}, {"date": 1103, "currency": 1102}),
        ({"contact_id": 5}, {"contact_id": 1102}),
        ({"contact_address_id": 5}, {"contact_address_id": 1102}),
        ({"bank_account_id": 5}, {"bank_account_id": 1102}),
        (
            {"free_texts": [{"text": "x", "font_size": 51, "position_x": 1, "position_y": 1, "page": 0}]},
            {"free_texts.0.font_size": 1102, "free_texts.0.page": 1102},
        ),
        (
            {"language": "rm", "isr_position": "X", "vat_included": 1},
            {"language": 1102, "isr_position": 1102, "vat_included": 1101},
        ),
    ],
)
async def test_what_cannot_be_is_named(desk: Desk, more: dict[str, Any], wrong: dict[str, int]) -> None:
    """Every key with its code, those of lines with their place."""
    assert await desk.wrong("POST", INVOICES, await document(desk, **more)) == wrong


@pytest.mark.parametrize(
    ("path", "status", "state"),
    [
        (INVOICES, ["S", "R", "R1", "R2", "R3", "DC", "P", "PP", "C", "D", "DR"], "draft"),
        (OFFERS, ["S", "A", "DE", "B", "D", "DR"], "draft"),
        ("/receivables/order-confirmations", ["S", "B", "D", "DR"], "draft"),
        ("/receivables/delivery-notes", ["S", "B", "D", "DR"], "draft"),
    ],
)
async def test_status_jumps_freely(desk: Desk, path: str, status: list[str], state: str) -> None:
    """Any word of the kind; deleted documents stay visible; others are refused."""
    one = f"{path}/{(await made(desk, path))['id']}"
    for word in status:
        assert (await desk.patch(f"{one}/change-status", {"status": word}))["status"] == word
        assert (await desk.get(one))["item"]["status"] == word
    assert await desk.wrong("PATCH", f"{one}/change-status", {"status": "X"}) == {"status": 1102}
    assert await desk.wrong("PATCH", f"{one}/change-status", {}) == {"status": 1100}
    office = desk.books.office
    papers = [*desk.books.invoices, *office.offers, *office.order_confirmations, *office.delivery_notes]
    assert papers[-1].state == state


async def test_an_offer_says_how_it_was_answered(desk: Desk) -> None:
    """`accept_online` gives it an address; accepted and declined show."""
    offer = await made(desk, OFFERS, accept_online=True)
    assert offer["accept_online_url"].startswith("https://")
    found = []
    for word in ("A", "DE", "S"):
        found.append(
            (await desk.patch(f"{OFFERS}/{offer['id']}/change-status", {"status": word}))[
                "accept_online_status"
            ]
        )
    assert found == ["A", "D", "U"]


async def test_sending_ends_the_draft(desk: Desk) -> None:
    """By e-mail or post; a status further on stays; demo accounts cannot send by post."""
    for how, body in (("send-by-email", EMAIL), ("send-by-post", PALETTE)):
        for path, one in (
            (INVOICES, await made(desk)),
            (OFFERS, await made(desk, OFFERS)),
            (LETTERS, await letter(desk)),
        ):
            await desk.send(f"{path}/{one['id']}/{how}", body)
            assert (await desk.get(f"{path}/{one['id']}"))["item"]["status"] == "S"
    one = f"{OFFERS}/{(await made(desk, OFFERS))['id']}"
    await desk.patch(f"{one}/change-status", {"status": "A"})
    await desk.send(f"{one}/send-by-email", EMAIL)
    assert (await desk.get(one))["item"]["status"] == "A"
    desk.emulator.switches.post_refused = True
    refused = await desk.client.patch(f"/v2{one}/send-by-post", json=PALETTE)
    assert (refused.status_code, refused.json()["code"]) == (403, 5000)


async def test_a_wrong_message_is_not_sent(desk: Desk) -> None:
    """Recipients need an address each, and there must be one."""
    one = f"{INVOICES}/{(await made(desk))['id']}"
    wrong = {**EMAIL, "recipients": [{"email": "x", "name": "Y"}], "from": "ME"}
    assert await desk.wrong("PATCH", f"{one}/send-by-email", wrong) == {
        "recipients.0.email": 1103,
        "from": 1102,
    }
    assert await desk.wrong("PATCH", f"{one}/send-by-email", {**EMAIL, "recipients": []}) == {
        "recipients": 1102
    }
    assert await desk.wrong("PATCH", f"{one}/send-by-post", {}) == {
        "palette": 1100,
        "print": 1100,
        "speed": 1100,
    }
    assert (await desk.get(one))["item"]["status"] == "DR"


async def test_deleted_documents_are_gone(desk: Desk) -> None:
    """With all that was paid on them; the number is free again, the id is not."""
    [paid] = (await desk.get(INVOICES, filter='{"number": "10004"}'))["items"]
    await desk.delete(f"{INVOICES}/{paid['id']}")
    assert (await desk.refused(f"{INVOICES}/{paid['id']}"))[0] == 404
    assert [receipt.number for receipt in desk.books.receipts] == ["R1"]
    again = await made(desk, number="10004")
    assert again["id"] != paid["id"]
    assert (again["total_paid"], again["status"]) == (0, "DR")


async def test_letters_are_written_and_changed(desk: Desk) -> None:
    """They have a title and a content, no amounts, and their own statuses."""
    made = await letter(desk)
    assert (made["title"], made["content"], made["status"], made["page_amount"]) == (
        "Bonjour",
        "Text",
        "DR",
        1,
    )
    changed = await desk.put(f"{LETTERS}/{made['id']}", {"content": "Neu", "notes": "n"})
    assert changed == {**made, "content": "Neu", "notes": "n"}
    for word in ("S", "D", "DR"):
        assert (await desk.patch(f"{LETTERS}/{made['id']}/change-status", {"status": word}))["status"] == word


async def test_the_plan_limits_new_documents(desk: Desk) -> None:
    """402 with the limit and its feature; other kinds go on."""
    desk.emulator.switches.limits["invoice"], desk.emulator.switches.limit_code = 6, 4003
    answer = await desk.client.post(f"/v2{INVOICES}", json=await document(desk))
    assert (answer.status_code, answer.json()["code"]) == (402, 4003)
    assert answer.json()["meta"] == {"limit": 6, "feature": "invoice"}
    assert (await made(desk, OFFERS))["status"] == "DR"


async def test_bodies_that_are_no_objects(desk: Desk) -> None:
    """Broken JSON and other values are 400, a huge body 413; `[]` is PHP's empty object."""
    headers = {"Content-Type": "application/json"}
    for content, status, code in (
        (b"{", 400, 2000),
        (b"[1]", 400, 2000),
        (b'"x"', 400, 2000),
        (b" " * 1_000_001, 413, 0),
    ):
        answer = await desk.client.post(
            f"/v2{INVOICES}", content=content, headers=headers, extensions=dict(ON_PURPOSE)
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "contact_id" in await desk.wrong("POST", INVOICES, [])
    invoice = await made(desk)
    assert await desk.put(f"{INVOICES}/{invoice['id']}", {}) == invoice
    answer = await desk.client.put(f"/v2{INVOICES}/{invoice['id']}", json=[], extensions=dict(ON_PURPOSE))
    assert exact(answer)["item"] == invoice
