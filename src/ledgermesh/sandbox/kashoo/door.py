"""Who asks, and for which business: what every endpoint below `/api` does first, and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.additions import grown
from ledgermesh.sandbox.kashoo.business import Business, Businesses
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.limits import Limits
from ledgermesh.sandbox.kashoo.rendered import encode
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.tokens import Tokens
from ledgermesh.sandbox.kashoo.users import User
from ledgermesh.sandbox.kashoo.view import View


class Door:
    """Lets callers in to their own businesses and nobody else's."""

    def __init__(
        self, businesses: Businesses, tokens: Tokens, *, limits: Limits, clock: Clock, switches: Switches
    ) -> None:
        self.businesses = businesses
        self.tokens = tokens
        self.clock = clock
        self.switches = switches
        self._limits = limits

    def user(self, request: Request, *, bearer: bool = False) -> User:
        """Whose token it is; 401 or 429 otherwise. `bearer` takes OAuth access tokens only."""
        user = self.tokens.user(request.headers.get("authorization"), bearer=bearer)
        self._limits.count(user)
        return user

    def enter(self, request: Request) -> View:
        """The business of the path as its user sees it; 401, 402, 403, 404 or 429 otherwise."""
        return self.allowed(request, self.user(request), request.path_params["business"])

    def allowed(self, request: Request, user: User, id: int) -> View:
        """The business with this id; 402, 403 or 404 otherwise."""
        if id not in self.businesses:
            raise Refusal(404, f"No business {id}")
        if id not in user.businesses:
            raise Refusal(403, f"No access to business {id}")
        if id in self.switches.lapsed_businesses:
            raise Refusal(402, f"The subscription of business {id} has ended")
        return self.view(request, id)

    def find(self, request: Request, kind: str, holds: Callable[[Business, int], bool]) -> tuple[View, int]:
        """The business that holds the object of the path, looked for among all of them, and the object's id."""
        user, id = self.user(request), request.path_params["id"]
        return self.holder(request, user, id, kind, holds), id

    def holder(
        self, request: Request, user: User, id: int, kind: str, holds: Callable[[Business, int], bool]
    ) -> View:
        """The business that holds the object with this id; 402, 403 or 404 otherwise."""
        for business in self.businesses:
            if holds(self.businesses.find(business), id):
                return self.allowed(request, user, business)
        raise Refusal(404, f"No {kind} {id}")

    def view(self, request: Request, id: int) -> View:
        """A business as it is seen now."""
        today = self.clock.now().date()
        return View(self.businesses.find(id), self.switches, today, self.base(request))

    def base(self, request: Request) -> str:
        """Where the API stands, as this caller reaches it."""
        # The scope's root path ends in /api here, and begins with whatever the emulator is mounted below.
        return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"

    def answer(
        self, document: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The document as JSON."""
        shown = grown(document) if self.switches.additive else document
        return Response(encode(shown), status, headers, media_type="application/json")

    def created(self, document: object, location: str) -> Response:
        """A new object, with the address it is read at."""
        return self.answer(document, 201, {"Location": location})


def holds_record(business: Business, id: int) -> bool:
    """Whether the record is the business's."""
    return id in business.records.by_id


def holds_account(business: Business, id: int) -> bool:
    """Whether the account is the business's."""
    return id in business.account_by_id


def holds_contact(business: Business, id: int) -> bool:
    """Whether the contact is the business's."""
    return id in business.contact_by_id
