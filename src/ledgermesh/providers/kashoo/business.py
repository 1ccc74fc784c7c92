"""The business itself: what it says of itself, its plan with Kashoo, its next numbers: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.model.organization import NextNumber, Organization
from ledgermesh.model.platform import Subscription
from ledgermesh.providers.kashoo import quirks, scope
from ledgermesh.providers.kashoo.parties import ADDRESS
from ledgermesh.providers.kashoo.records import transfer_date
from ledgermesh.spec.leaves import currency, instant, text, whole
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.resource import Detail, Get, List, Resource
from ledgermesh.spec.wires import fields, made


def _alone(document: object) -> list[object]:
    """The row of an answer that is one object; ValueError for what is none."""
    if not isinstance(document, Mapping):
        raise ValueError("expected an object")
    return [document]


NO_PERSON = "The person to talk to is not part of what a company says of itself."

ORGANIZATIONS = Resource(
    kind="Organization",
    list=List(path="/businesses/{business_id}", page=Whole(), rows=_alone),
    get=Get(path="/businesses/{id}"),
    keep=scope.is_business,
    # Assumed: all names but `id` and `contactInformation.name`; integrators read such fields of a business.
    fields=fields(
        Organization,
        native_id=text("id"),
        name=text("contactInformation.name"),
        legal_name=text("legalName"),
        base_currency=currency("currency"),
        country=text("contactInformation.country"),
        fiscal_year_end_month=whole("fiscalYearEndMonth"),
        books_closed_through=transfer_date("booksCloseDate"),
        address=ADDRESS,
        email=text("contactInformation.email"),
        phone=text("contactInformation.phone"),
        website=text("contactInformation.webSite"),
        created_at=instant("creation"),
    ),
    omitted={
        "product": "Which of Kashoo's two products it is; the connection's provider tells.",
        "contactInformation.firstName": NO_PERSON,
        "contactInformation.lastName": NO_PERSON,
        "contactInformation.fax": "The model has no fax numbers.",
        "links": "Addresses in the provider's API.",
    },
)

NEXT_NUMBERS = Resource(
    kind="NextNumber",
    list=List(path="/businesses/{business_id}/records/nextNumbers", page=Whole()),
    fields=fields(
        NextNumber,
        native_id=text("type"),
        kind_raw=text("type"),
        number=text("number"),
    ),
)

SUBSCRIPTION = Detail(
    path="/businesses/{business_id}/contract",
    fields=fields(
        Subscription,
        plan=text("name"),
        status=made(str, "freeTrial", "free", read=quirks.plan_status, transform="plan_status"),
    ),
)
"""The plan's last day is not told: it has a number of days and no day that they count from."""
