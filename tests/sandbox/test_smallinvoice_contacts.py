"""Writing contacts at the smallinvoice emulator, and what belongs to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.smallinvoice_bodies import ADDRESS, CONTACT, INVOICES, customer, made
from tests.sandbox.smallinvoice_desk import Desk, open_desk, tiny_world

PERSON = {"name": "Rita", "surname": "Vogel", "gender": "F"}


@pytest.fixture
async def desk() -> Desk:
    """The tiny books."""
    desk = open_desk(tiny_world(), "tiny")
    await desk.sign_in()
    return desk


async def test_a_new_contact_is_there_with_all_it_was_given(desk: Desk) -> None:
    """In its own answer, in the list, in the books; what was left out has the documented defaults."""
    given = {
        "vat_rate": 2.5,
        "discount_rate": 5,
        "payment_grace": 10,
        "currency": "CHF",
        "fax": "044 1",
        "hourly_rate": None,
        "custom_fields": [{"key": "filing_mark", "value": "F-1"}],
    }
    made = await desk.post("/contacts", {**CONTACT, **given})
    found = (await desk.get(f"/contacts/{made['id']}", with_="custom_fields,main_address"))["item"]
    assert {key: found[key] for key in made} == made
    assert found["custom_fields"] == [{"key": "filing_mark", "name": "Ablagezeichen", "value": "F-1"}]
    assert {key: found[key] for key in given if key != "custom_fields"} == {
        key: value for key, value in given.items() if key != "custom_fields"
    }
    assert {key: found["main_address"][key] for key in ADDRESS} == ADDRESS
    assert found["main_address_id"] == found["main_address"]["id"]
    assert (made["number"], made["communication_channel"], made["communication_newsletter"]) == (
        "1003",
        "U",
        "N",
    )
    assert (made["created"], made["notes"], made["discount_type"]) == ("2025-06-15 12:00:00", None, "P")
    party = desk.books.party("1003")
    assert party is not None
    assert (party.name, party.customer, party.supplier, party.payment_terms_days) == (
        CONTACT["name"],
        True,
        False,
        10,
    )


async def test_a_change_names_what_changes(desk: Desk) -> None:
    """PUT leaves the rest alone and ignores the main address, which has a path of its own."""
    before = await customer(desk)
    after = await desk.client.put(
        f"/v2/contacts/{before['id']}",
        json={"name": "Umbenannt", "salutation": "Hallo", "main_address": {"city": "Chur"}},
        extensions={"contract": "answer"},
    )
    assert after.json()["item"] == {**before, "name": "Umbenannt", "salutation": "Hallo"}
    address = (await desk.get(f"/contacts/{before['id']}/addresses"))["items"][0]
    assert address["city"] == "Zürich"
    listed = (await desk.get("/contacts", filter='{"salutation": "Hallo"}'))["items"]
    assert [row["name"] for row in listed] == ["Umbenannt"]


async def test_a_contact_keeps_its_id_when_renumbered(desk: Desk) -> None:
    """Its documents, payments and addresses stay its own."""
    [invoice] = (await desk.get(INVOICES, filter='{"number": "10000"}'))["items"]
    before = (await desk.get(f"/contacts/{invoice['contact_id']}"))["item"]
    after = await desk.put(f"/contacts/{before['id']}", {"number": "K-7"})
    assert after == {**before, "number": "K-7"}
    assert (await desk.get(f"{INVOICES}/{invoice['id']}"))["item"] == invoice
    assert desk.books.invoice("10000").party == "K-7"  # type: ignore[union-attr]  # it is there
    assert await desk.wrong("PUT", f"/contacts/{before['id']}", {"number": "1000"}) == {"number": 1105}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": None}, {"name": 1100}),
        ({"relation": []}, {"relation": 1102}),
        ({"relation": ["CL", "X"]}, {"relation.1": 1102}),
        ({"relation": "CL"}, {"relation": 1101}),
        ({"email": "nobody"}, {"email": 1103}),
        ({"type": "P"}, {"gender": 1100}),
        ({"number": "1000"}, {"number": 1105}),
        ({"vat_rate": "8.1", "payment_grace": 1.5}, {"vat_rate": 1101, "payment_grace": 1101}),
        (
            {"main_address": {"country": "CH"}},
            {f"main_address.{key}": 1100 for key in ("street", "postcode", "city")},
        ),
        ({"main_address": None, "name": ""}, {"main_address": 1100, "name": 1100}),
    ],
)
async def test_what_cannot_be_is_named(desk: Desk, change: dict[str, Any], wrong: dict[str, int]) -> None:
    """All keys at once, nested ones with dots; nothing is written."""
    before = (await desk.get("/contacts"))["pagination"]["total"]
    assert await desk.wrong("POST", "/contacts", {**CONTACT, **change}) == wrong
    assert (await desk.get("/contacts"))["pagination"]["total"] == before


async def test_deleting_takes_all_or_none(desk: Desk) -> None:
    """Ids with commas; one that is not there keeps the others; documents still name a contact that is gone."""
    rows = (await desk.get("/contacts", sort="number"))["items"]
    first, second, third = [row["id"] for row in rows]
    answer = await desk.client.delete(f"/v2/contacts/{first},5", extensions={"contract": "answer"})
    assert (answer.status_code, answer.json()["code"]) == (404, 3000)
    assert (await desk.get("/contacts"))["pagination"]["total"] == 3
    await desk.delete(f"/contacts/{first},{second},{first}")
    assert [row["id"] for row in (await desk.get("/contacts"))["items"]] == [third]
    named = {row["contact_id"] for row in (await desk.get(INVOICES, with_="contact"))["items"]}
    assert first in named


async def test_one_address_is_the_main_one(desk: Desk) -> None:
    """Another takes its place and its rank in the contact; the main one cannot be deleted, the former can."""
    contact = await customer(desk)
    path, main = f"/contacts/{contact['id']}/addresses", contact["main_address_id"]
    other = await desk.post(
        path, {**ADDRESS, "default_prepage": True, "street2": "Hof", "hide_on_documents": True}
    )
    assert (other["default"], other["default_prepage"], other["street2"]) == (False, True, "Hof")
    refused = await desk.client.delete(f"/v2{path}/{other['id']},{main}", extensions={"contract": "answer"})
    assert (refused.status_code, refused.json()["code"]) == (400, 2000)
    assert (await desk.put(f"{path}/{other['id']}", {"default": True}))["default"] is True
    rows = {row["id"]: row for row in (await desk.get(path))["items"]}
    assert {id: row["default"] for id, row in rows.items()} == {main: False, other["id"]: True}
    assert rows[other["id"]] == {**other, "default": True, "default_prepage": True}
    assert (await desk.get(f"/contacts/{contact['id']}"))["item"]["main_address_id"] == other["id"]
    assert desk.books.party(contact["number"]).street == "Seeweg"  # type: ignore[union-attr]  # it is there
    await desk.delete(f"{path}/{main}")
    assert [row["id"] for row in (await desk.get(path))["items"]] == [other["id"]]


async def test_letters_go_to_one_address(desk: Desk) -> None:
    """Making one the postal address takes that from the other."""
    contact = await customer(desk)
    path = f"/contacts/{contact['id']}/addresses"
    other = await desk.post(path, {**ADDRESS, "default_prepage": True})
    assert (await desk.get(f"{path}/{contact['main_address_id']}"))["item"]["default_prepage"] is False
    await desk.put(f"{path}/{contact['main_address_id']}", {"default_prepage": True})
    assert (await desk.get(f"{path}/{other['id']}"))["item"]["default_prepage"] is False


async def test_people_and_accounts_have_one_main_each(desk: Desk) -> None:
    """The newest main one wins; those of other contacts are not touched."""
    contact = await customer(desk)
    account = {"type": "IBAN", "number": "CH93 0076 2011 6238 5295 7"}
    for below, body in (("people", PERSON), ("accounts", account)):
        path = f"/contacts/{contact['id']}/{below}"
        first = await desk.post(path, {**body, "default": True})
        second = await desk.post(path, {**body, "default": True})
        rows = {row["id"]: row["default"] for row in (await desk.get(path))["items"]}
        assert rows == {first["id"]: False, second["id"]: True}
        await desk.delete(f"{path}/{second['id']}")
        third = await desk.post(path, body)
        assert third["id"] not in (first["id"], second["id"])
        assert (await desk.refused(f"{path}/{second['id']}"))[0] == 404


async def test_a_person_stands_on_documents(desk: Desk) -> None:
    """Only one of the contact's own can be chosen, as with addresses."""
    contact = await customer(desk)
    person = await desk.post(f"/contacts/{contact['id']}/people", {**PERSON, "wants_newsletter": False})
    invoice = await made(desk, contact_person_id=person["id"])
    shown = (await desk.get(f"{INVOICES}/{invoice['id']}", with_="contact_person"))["item"]
    assert (shown["contact_person_id"], shown["contact_person"]) == (person["id"], person)
    other = (await desk.get("/contacts", limit=1, offset=1))["items"][0]
    wrong = await desk.wrong(
        "PUT", f"{INVOICES}/{invoice['id']}", {"contact_address_id": other["main_address_id"]}
    )
    assert wrong == {"contact_address_id": 1102}
    moved = await desk.put(f"{INVOICES}/{invoice['id']}", {"contact_id": other["id"]})
    assert (moved["contact_person_id"], moved["contact_address_id"]) == (None, other["main_address_id"])


async def test_groups_count_their_contacts(desk: Desk) -> None:
    """Assigning twice counts once; unknown groups change nothing; a name is given once."""
    contact = await customer(desk)
    one, two = [await desk.post("/contacts/configuration/groups", {"name": name}) for name in ("A", "B")]
    for _ in range(2):
        await desk.patch(f"/contacts/{contact['id']}/assign-groups/{one['id']},{two['id']}")
    assert [row["usage"] for row in (await desk.get("/contacts/configuration/groups"))["items"]] == [1, 1]
    await desk.patch(f"/contacts/{contact['id']}/remove-groups/{one['id']}")
    shown = (await desk.get(f"/contacts/{contact['id']}", with_="groups"))["item"]["groups"]
    assert shown == [{"id": two["id"], "name": "B"}]
    path = f"/v2/contacts/{contact['id']}/assign-groups/{one['id']},7"
    missing = await desk.client.patch(path, json=[], extensions={"contract": "answer"})
    assert (missing.status_code, missing.json()["meta"]["entity_type"]) == (404, "ContactConfigurationGroup")
    assert await desk.wrong("PUT", f"/contacts/configuration/groups/{one['id']}", {"name": "B"}) == {
        "name": 1105
    }


async def test_reminders_keep_their_times(desk: Desk) -> None:
    """Times are those of Zurich, in summer and winter; the contact must be there."""
    contact = await customer(desk)
    new = {"contact_id": contact["id"], "title": "Anruf", "interval_value": 1, "interval_type": "month"}
    for time in ("2025-07-01 08:30:00", "2025-12-01 08:30:00"):
        made = await desk.post("/contacts/reminders", {**new, "date_time": time})
        assert (await desk.get(f"/contacts/reminders/{made['id']}"))["item"]["date_time"] == time
    wrong = await desk.wrong(
        "POST", "/contacts/reminders", {**new, "contact_id": 5, "date_time": "2025-07-01 08:30:00"}
    )
    assert wrong == {"contact_id": 1102}
    wrong = await desk.wrong(
        "POST", "/contacts/reminders", {**new, "date_time": "2025-07-01", "interval_type": "week"}
    )
    assert wrong == {"date_time": 1103, "interval_type": 1102}
