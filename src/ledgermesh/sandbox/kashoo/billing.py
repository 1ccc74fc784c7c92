"""What the vendor sells a business: its plan, what was billed for it, and the subscription with its end."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.kashoo.additions import reworded
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.ids import derived
from ledgermesh.sandbox.kashoo.users import User
from ledgermesh.sandbox.kashoo.view import Document, View

_DUE_DAYS = 7


class _Plan(Struct, frozen=True):
    name: str
    description: str
    monthly: int
    """Minor units."""
    annual: int
    users: int


_PLANS = (
    _Plan("Essentials", "Books for one person", 1495, 14900, 0),
    _Plan("Advanced", "Books, payments and three more users", 2995, 29900, 3),
    _Plan("Starter", "Free of charge", 0, 0, 0),
)


def plan_document(business: Business) -> Document:
    """The plan that the business is on."""
    plan = _plan_of(business.id)
    return {
        "id": derived("plan", plan.name),
        "name": plan.name,
        "description": plan.description,
        "currency": "USD",
        "monthlyPrice": plan.monthly,
        "annualPrice": plan.annual,
        "taxCode": "",
        "upgradePaymentAmount": 0,
        "selectable": True,
        "externalDescription": plan.description,
        "numOfAdditionalUsers": plan.users,
        "expiryDays": 30,
        "free": plan.monthly == 0,
        "freeTrial": False,
        "paymentProcessorType": "NONE" if plan.monthly == 0 else "BEANSTREAM",
        "delayOfInitialPaymentInDays": 0,
    }


def contract_invoices(view: View, start: dt.date | None, end: dt.date | None) -> list[Document]:
    """One for each month since the business began, newest first; none on a free plan."""
    plan = _plan_of(view.business.id)
    days = _month_starts(view.business.started.date(), view.today) if plan.monthly else []
    return [
        _contract_invoice(view, plan, day)
        for day in reversed(days)
        if (start is None or start <= day) and (end is None or day <= end)
    ]


class Billing:
    """The service of its own that keeps subscriptions; it takes OAuth access tokens only."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def subscription(self, request: Request) -> Response:
        """The subscription of a business of the caller's, also a lapsed one."""
        user = self._door.user(request, bearer=True)
        id = self._business(request, user)
        if id not in self._door.businesses:
            raise Refusal(404, "No such subscription")
        if id not in user.businesses:
            raise Refusal(403, "Not a subscription of this user")
        lapsed = id in self._door.switches.lapsed_businesses
        ends = _ends(self._door.clock.now().date(), lapsed=lapsed)
        document: Document = {
            "id": _subscription_id(id),
            "subscriberId": str(id),
            "userID": str(user.id),
            "plan": _plan_of(id).name,
            "status": "cancelled" if lapsed else "active",
            "expiresAt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        # Every subscription gets the odd word when words are added: there is but one in each answer.
        shown = reworded("subscription", 1, document) if self._door.switches.additive else document
        return self._door.answer(shown)

    def _business(self, request: Request, user: User) -> int:
        """Of which business, by either id; 0 when no business has them, or not both of them."""
        id, subscriber = (request.query_params.get(name) for name in ("id", "subscriberId"))
        if id is None and subscriber is None:
            if len(user.businesses) != 1:
                raise Refusal(400, "id or subscriberId is required")
            return user.businesses[0]
        return next(
            (
                one
                for one in self._door.businesses
                if id in (None, _subscription_id(one)) and subscriber in (None, str(one))
            ),
            0,
        )


def _plan_of(id: int) -> _Plan:
    return _PLANS[id % len(_PLANS)]


def _subscription_id(id: int) -> str:
    return f"sub_{derived('subscription', str(id)):x}"


def _ends(today: dt.date, *, lapsed: bool) -> dt.datetime:
    """The first of this month when it has lapsed, else of the next."""
    first = today.replace(day=1)
    day = first if lapsed else (first + dt.timedelta(days=32)).replace(day=1)
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _contract_invoice(view: View, plan: _Plan, day: dt.date) -> Document:
    due = day + dt.timedelta(days=_DUE_DAYS)
    paid = due <= view.today
    return {
        "id": view.business.part("contract invoice", day.isoformat()),
        "business": view.business.id,
        "number": f"S-{day:%Y%m}",
        "description": f"{plan.name}, {day:%Y-%m}",
        "date": view.day(day),
        "dueDate": view.day(due),
        "currency": "USD",
        "totalDue": plan.monthly,
        "balanceDue": 0 if paid else plan.monthly,
        "paid": paid,
    }


def _month_starts(first: dt.date, last: dt.date) -> list[dt.date]:
    day, found = (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1), []
    while day <= last:
        found.append(day)
        day = (day + dt.timedelta(days=32)).replace(day=1)
    return found
