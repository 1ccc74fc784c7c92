"""Which path reads what, with which scope; named paths stand before those with an id in the same place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from ledgermesh.sandbox.smallinvoice import configuration
from ledgermesh.sandbox.smallinvoice.authorization import Authorization
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.door import Door, Handler
from ledgermesh.sandbox.smallinvoice.resources import Reader, TableOf
from ledgermesh.sandbox.smallinvoice.table import Table

_UNIT_SCOPES = ("catalog", "configuration")
"""The OpenAPI says the first, the PHP library asks for the second; either will do."""


def routes(reader: Reader, authorization: Authorization) -> list[BaseRoute]:
    """Everything that this emulator answers."""
    doors: dict[str, Mapping[str, Handler]] = {
        "/auth/access-tokens": {"POST": authorization.token},
        "/auth/authorize": {"GET": authorization.authorize},
        "/auth/owner": {"GET": reader.fixed((), lambda company: configuration.owner(company.books))},
        "/auth/profile": {
            "GET": reader.fixed(("profile",), lambda company: configuration.profile(company.books))
        },
    }
    for path, (scopes, table_of) in _tables(reader).items():
        doors[path] = {"GET": reader.many(scopes, table_of)}
        doors[path + "/{id:int}"] = {"GET": reader.one(scopes, table_of)}
    return [Route(f"/v2{path}", Door(handlers)) for path, handlers in doors.items()]


def _tables(reader: Reader) -> dict[str, tuple[tuple[str, ...], TableOf]]:
    def invoices(company: Company, _: Request) -> Table[Any]:
        return company.invoices(reader.switches.total_step)

    def payments(company: Company, request: Request) -> Table[Any]:
        return company.payments(request.path_params["invoice"], reader.switches.total_step)

    def addresses(company: Company, request: Request) -> Table[Any]:
        return company.addresses(request.path_params["contact"])

    return {
        "/contacts": (("contact",), lambda company, _: company.contacts),
        "/contacts/{contact:int}/addresses": (("contact",), addresses),
        "/catalog/products/categories": (("catalog",), lambda company, _: company.product_categories),
        "/catalog/services/categories": (("catalog",), lambda company, _: company.service_categories),
        "/catalog/products": (("catalog",), lambda company, _: company.products),
        "/catalog/services": (("catalog",), lambda company, _: company.services),
        "/catalog/configuration/units": (_UNIT_SCOPES, lambda company, _: company.units),
        "/configuration/bank-accounts": (("configuration",), lambda company, _: company.bank_accounts),
        "/configuration/exchange-rates": (("configuration",), lambda company, _: company.exchange_rates),
        "/receivables/invoices": (("invoice",), invoices),
        "/receivables/invoices/{invoice:int}/payments": (("invoice",), payments),
    }
