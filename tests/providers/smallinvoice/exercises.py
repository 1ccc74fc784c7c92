"""smallinvoice: each kind of record made, listed, read, changed and deleted; documents also printed and sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sandbox.operations import Run

SCOPES = (
    "profile contact contact_reminder letter configuration catalog invoice offer delivery_note order_confirmation "
    "project cost_unit working_hours activity effort"
)
DAY, LATER = "2025-11-14", "2025-12-14"
ADDRESS = {"country": "CH", "street": "Seeweg", "street_no": "4", "postcode": "8001", "city": "Zürich"}
CONTACT = {"relation": ["CL"], "type": "C", "name": "Seeblick AG", "main_address": ADDRESS}
IBAN = "CH93 0076 2011 6238 5295 7"
LINE = {"type": "N", "catalog_type": "S", "name": "Beratung", "price": 120.5, "vat": 8.1, "amount": 2}
MAIL = {
    "subject": "Ihr Dokument",
    "body": "Im Anhang.",
    "recipients": [{"email": "a@seeblick.test", "name": "A"}],
}
POST = {"palette": "C", "print": "D", "speed": "P"}


async def exercise(run: Run) -> None:
    """All of it."""
    run.envelope = "item"
    run.page = {"limit": 2}
    await sign_in(run)
    await run("getOwner")
    await run("getProfile")
    contact = await contacts(run)
    unit = await catalog(run)
    await configuration(run)
    await documents(run, contact, unit)
    await letters(run, contact)
    await reporting(run, contact)
    await run.drop("createContact", contact["id"])


async def sign_in(run: Run) -> None:
    """As a person who consents, then as a machine; the machine's token is kept."""
    keys = run.emulator.credentials(run.books)
    await run(
        "authorize", query={"response_type": "code", "client_id": keys["ac_client_id"], "scope": "contact"}
    )
    assert run.last is not None
    code = parse_qs(urlsplit(run.last.headers["location"]).query)["code"][0]
    person = {"client_id": keys["ac_client_id"], "client_secret": keys["ac_client_secret"]}
    form = {"grant_type": "authorization_code", "code": code, **person}
    tokens = await run("createAccessToken", data=form)
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **person}
    await run("createAccessToken", data=again)

    machine = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    wanted = {"grant_type": "client_credentials", "scope": SCOPES, **machine}
    token = await run("createAccessToken", json=wanted)
    run.headers["Authorization"] = f"Bearer {token['access_token']}"


async def whole(run: Run, create: str, new: dict[str, Any], change: dict[str, Any], **path: Any) -> None:
    """A record's life, from its creation to its end."""
    record = await run.keep(create, new, change, **path)
    await run.drop(create, record["id"], **path)


async def contacts(run: Run) -> Any:
    """A contact with everything that can stand below one; it is given back."""
    contact = await run.keep("createContact", CONTACT, {"notes": "Neu"})
    below = {"contactId": contact["id"]}
    await whole(run, "createContactAddress", ADDRESS, {"city": "Bern"}, **below)
    person = {"name": "Ada", "surname": "Frei", "gender": "F"}
    await whole(run, "createContactPerson", person, {"department": "Einkauf"}, **below)
    await whole(
        run, "createContactAccount", {"type": "IBAN", "number": IBAN}, {"description": "Neu"}, **below
    )

    group = await run.keep("createContactGroup", {"name": "Seeufer"}, {"name": "Seeufer West"})
    both = {"id": contact["id"], "groupIds": group["id"]}
    await run("assignContactGroups", **both)
    await run("removeContactGroups", **both)
    await run.drop("createContactGroup", group["id"])

    reminder = {"contact_id": contact["id"], "date_time": f"{LATER} 09:00:00", "title": "Anrufen"}
    reminder |= {"interval_value": 1, "interval_type": "day"}
    await whole(run, "createReminder", reminder, {"title": "Besuchen"})
    return contact


async def catalog(run: Run) -> int:
    """Goods and services with their categories; a unit's id is given back."""
    units = (await run("listUnits", query=run.page))["items"]
    unit = int(units[0]["id"])
    await run("getUnitsById", id=unit)
    for kind in ("Product", "Service"):
        await whole(run, f"create{kind}Category", {"name": "Neu"}, {"name": "Neuer"})
        item = {"name": "Etwas", "including_vat": False, "vat": 8.1, "unit_id": unit, "price": 25.5}
        await whole(run, f"create{kind}", item, {"price": 26})
    return unit


async def configuration(run: Run) -> None:
    """Bank accounts, exchange rates, payment slips."""
    await whole(run, "createBankAccount", {"description": "Neu", "iban": IBAN}, {"bank_name": "Bank"})
    rate = {"currency_from": "NOK", "currency_to": "CHF", "rate": 0.08}
    await whole(run, "createExchangeRate", rate, {"rate": 0.081})
    slips = (await run("listSlips", query=run.page))["items"]
    await run("getSlipsById", id=slips[0]["id"])


async def documents(run: Run, contact: Any, unit: int) -> None:
    """The four documents with lines."""
    address = await main_address(run, contact)
    body = {"contact_id": contact["id"], "contact_address_id": address, "date": DAY, "currency": "CHF"}
    body |= {"language": "de", "positions": [{**LINE, "unit_id": unit}]}
    await document(run, "Offer", {**body, "valid_until": LATER}, "A")
    await document(run, "OrderConfirmation", body, "B")
    await document(run, "DeliveryNote", body, "B")
    await document(run, "Invoice", {**body, "due": LATER}, "S", settle=True)


async def document(run: Run, kind: str, body: dict[str, Any], status: str, *, settle: bool = False) -> None:
    """One document from draft to deletion; an invoice is paid in part on the way."""
    record = await run.keep(f"create{kind}", body, {"notes": "Neu"})
    here = {"id": record["id"]}
    assert (await run(f"get{kind}Pdf", **here)).startswith(b"%PDF-")
    assert (await run(f"get{kind}Preview", **here)).startswith(b"\x89PNG")
    await run(f"changeStatusOf{kind}", **here, json={"status": status})
    await run(f"send{kind}ByEmail", **here, json=MAIL)
    await run(f"send{kind}ByPost", **here, json=POST)
    if settle:
        payment = {"type": "N", "channel": "T", "amount": 10.05, "date": DAY}
        await whole(run, "createPaymentInvoice", payment, {"notes": "Bar"}, invoiceId=record["id"])
    await run.drop(f"create{kind}", record["id"])


async def letters(run: Run, contact: Any) -> None:
    """A letter is a document without lines."""
    body = {"contact_id": contact["id"], "contact_address_id": await main_address(run, contact)}
    await document(run, "Letter", {**body, "date": DAY, "language": "de", "title": "Guten Tag"}, "S")


async def reporting(run: Run, contact: Any) -> None:
    """Projects, cost units, and the time spent on them."""
    activities = (await run("listActivities", query=run.page))["items"]
    await run("getActivitiesById", id=activities[0]["id"])
    new = {"contact_id": contact["id"], "name": "Umbau", "start_date": DAY}
    project = await run.keep("createProject", new, {"hours_estimated": 40})
    await run("changeStatusOfProject", id=project["id"], status="P")
    effort = {"entity_type": "P", "entity_id": project["id"], "duration": 1.5, "date": DAY}
    await whole(run, "createEffort", effort, {"notes": "Plan"})
    await whole(run, "createCostUnit", {"name": "Werkstatt", "type": "U"}, {"description": "Neu"})
    hours = {"date": DAY, "time_start": "08:00", "time_end": "11:30"}
    await whole(run, "createWorkingHoursEntry", hours, {"time_end": "12:00"})
    await run.drop("createProject", project["id"])


async def main_address(run: Run, contact: Any) -> int:
    """The id of the contact's first address."""
    rows = (await run("listContactAddresses", contactId=contact["id"]))["items"]
    return int(rows[0]["id"])
