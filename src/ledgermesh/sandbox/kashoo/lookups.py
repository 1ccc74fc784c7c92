"""What the ids and words in a body mean in its business; those of another business mean nothing here: 400."""

from __future__ import annotations

from collections.abc import Sequence

from iso4217 import Currency

from ledgermesh.sandbox.arithmetic import digits
from ledgermesh.sandbox.books import Account
from ledgermesh.sandbox.kashoo.body import Body
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.masterdata import CASH_TYPES
from ledgermesh.sandbox.kashoo.money import exponent


def account_of(body: Body, name: str, business: Business, types: Sequence[str] = ()) -> Account | None:
    """The account that the field names, of one of these types if there are any."""
    id = body.whole(name)
    if id is None:
        return None
    account = business.account_by_id.get(id)
    if account is None or business.extras.written.get(id, {}).get("removed"):
        raise body.wrong(name, f"no account {id} in this business")
    if types and account.type not in types:
        raise body.wrong(name, f"account {id} is {account.type}, not {' or '.join(types)}")
    return account


def required_account(body: Body, name: str, business: Business, types: Sequence[str] = ()) -> Account:
    """The same for a field that must be there."""
    account = account_of(body, name, business, types)
    if account is None:
        raise body.wrong(name, "is required")
    return account


def cash_account(body: Body, name: str, business: Business) -> Account:
    """An account that money is paid from or to."""
    return required_account(body, name, business, CASH_TYPES)


def account_id(body: Body, name: str, business: Business, types: Sequence[str] = ()) -> int | None:
    """The id in the field, once it is known to name an account."""
    account = account_of(body, name, business, types)
    return None if account is None else business.accounts[account.number]


def contact_of(body: Body, name: str, business: Business, known: int | None = None) -> str | None:
    """The number of the contact that the field names; a removed one only where it stood before (`known`)."""
    id = body.whole(name)
    if id is None:
        return None
    party = business.contact_by_id.get(id)
    if party is None or (party.removed and id != known):
        raise body.wrong(name, f"no contact {id} in this business")
    return party.number


def tax_of(body: Body, name: str, business: Business) -> str | None:
    """The name of the tax; none for an empty or absent code."""
    code = body.text(name)
    if code and code not in business.taxes:
        raise body.wrong(name, f"no tax {code!r} in this business")
    return code or None


def currency_of(body: Body, name: str, absent: str) -> str:
    """An ISO 4217 code."""
    code = body.maybe_text(name) or absent
    try:
        # A currency whose smallest unit the books do not know could not be added up here.
        known = exponent(Currency(code).code) == digits(code)
    except ValueError:
        known = False
    if not known:
        raise body.wrong(name, f"{code!r} is no currency that is kept here")
    return code


def project_of(body: Body, name: str, business: Business) -> int | None:
    """The id of a project."""
    id = body.whole(name)
    if id is not None and business.extras.project(id) is None:
        raise body.wrong(name, f"no project {id} in this business")
    return id
