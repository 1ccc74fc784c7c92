"""Which path does what, with which scope; named paths stand before those with an id in the same place."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from ledgermesh.sandbox.smallinvoice import configuration, contact_writes
from ledgermesh.sandbox.smallinvoice.actions import ACTIONS, Actions
from ledgermesh.sandbox.smallinvoice.authorization import Authorization
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.consent import Consent
from ledgermesh.sandbox.smallinvoice.contacts import ContactRow, GroupRow
from ledgermesh.sandbox.smallinvoice.document_fields import POST
from ledgermesh.sandbox.smallinvoice.door import Door, Handler
from ledgermesh.sandbox.smallinvoice.resources import Reader
from ledgermesh.sandbox.smallinvoice.sheets import Printer
from ledgermesh.sandbox.smallinvoice.shelves import Shelf, shelves
from ledgermesh.sandbox.smallinvoice.table import Table
from ledgermesh.sandbox.smallinvoice.tracking_writes import PROJECT_STATUS, set_project_status
from ledgermesh.sandbox.smallinvoice.writer import Writer

Doors = dict[str, dict[str, Handler]]


def routes(reader: Reader, authorization: Authorization, consent: Consent) -> list[BaseRoute]:
    """Everything that this emulator answers."""
    doors: Doors = {
        "/auth/access-tokens": {"POST": authorization.token},
        "/auth/authorize": {"GET": consent.ask, "POST": consent.answer},
        "/auth/owner": {"GET": reader.fixed((), lambda company: configuration.owner(company.books))},
        "/auth/profile": {
            "GET": reader.fixed(("profile",), lambda company: configuration.profile(company.books))
        },
    }
    writer = Writer(reader)
    for shelf in shelves(reader.switches):
        _add_shelf(doors, reader, writer, shelf)
        if shelf.path in ACTIONS:
            _add_actions(doors, writer, shelf, ACTIONS[shelf.path])
    _add_groups(doors, writer)
    _add_project_status(doors, writer)
    return [Route(f"/v2{path}", Door(handlers, reader.switches)) for path, handlers in doors.items()]


def _add_shelf(doors: Doors, reader: Reader, writer: Writer, shelf: Shelf) -> None:
    """List, read and, where the API writes these records, make, change and delete."""
    scopes, table_of = shelf.scopes, shelf.table_of
    many = doors[shelf.path] = {"GET": reader.many(scopes, table_of)}
    one = doors[shelf.path + "/{id}"] = {"GET": reader.one(scopes, table_of)}
    if shelf.writes is not None:
        many["POST"] = writer.create(scopes, table_of, shelf.new or shelf.writes, shelf.parent_of)
        one["PUT"] = writer.change(scopes, table_of, shelf.writes)
        one["DELETE"] = writer.remove(scopes, table_of, shelf.writes)


def _add_actions(doors: Doors, writer: Writer, shelf: Shelf, actions: Actions) -> None:
    """PDF, preview, status and sending of a document."""
    printer, path, scopes, table_of = (
        Printer(writer.reader),
        shelf.path + "/{id}",
        shelf.scopes,
        shelf.table_of,
    )
    email, sent = actions.email_form, actions.sent
    doors[path + "/pdf"] = {"GET": printer.pdf(scopes, table_of, options=actions.pdf_options)}
    doors[path + "/preview"] = {"GET": printer.preview(scopes, table_of)}
    set_status = writer.patch(scopes, table_of, actions.status_form, actions.set_status)
    doors[path + "/change-status"] = {"PATCH": set_status}
    doors[path + "/send-by-email"] = {"PATCH": writer.send(scopes, table_of, email, sent)}
    doors[path + "/send-by-post"] = {"PATCH": writer.send(scopes, table_of, POST, sent, by_post=True)}


def _add_groups(doors: Doors, writer: Writer) -> None:
    def contacts(company: Company, _: Request) -> Table[ContactRow]:
        return company.contacts

    def groups(company: Company, _: Request) -> Table[GroupRow]:
        return company.groups

    for verb, act in (("assign", contact_writes.assign_groups), ("remove", contact_writes.remove_groups)):
        handler = writer.regroup(("contact",), contacts, groups, act)
        doors[f"/contacts/{{id}}/{verb}-groups/{{groups}}"] = {"PATCH": handler}


def _add_project_status(doors: Doors, writer: Writer) -> None:
    handler = writer.patch(
        ("project",), lambda company, _: company.projects, PROJECT_STATUS, set_project_status
    )
    doors["/reporting/projects/{id}/change-status/{status}"] = {"PATCH": handler}
