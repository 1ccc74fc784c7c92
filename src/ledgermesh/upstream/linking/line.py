"""The way to a provider while somebody links: few calls, each within a bound of its own."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ledgermesh.clock import Clock
from ledgermesh.errors import Garbled, TooLate, Unavailable
from ledgermesh.spec.auth import Auth, OAuth2
from ledgermesh.state.base import Grant, Secret
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.decode import NotJson, decode
from ledgermesh.upstream.schemes import header
from ledgermesh.upstream.verdict import error_of
from ledgermesh.upstream.wire import Answer, Request, Wire, WireError

ANSWER_SECONDS_MAX = 20.0
BODY_BYTES_MAX = 1_000_000
AGENT = ("user-agent", "ledgermesh")


@dataclass(frozen=True, slots=True)
class Line:
    """Who calls, and by which clock."""

    wire: Wire
    clock: Clock

    async def send(self, link: Link, request: Request) -> Answer:
        """The provider's answer, whatever it says; raises Unavailable, TooLate, or what the wire's guard says."""
        title = link.provider.title
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await self.wire.send(request)
        except TimeoutError as error:
            raise TooLate(f"{title} did not answer in time.", details={"step": "link"}) from error
        except WireError as error:
            raise Unavailable(
                f"{title} cannot be reached ({type(error).__name__}).", details={"step": "link"}
            ) from error

    async def read(
        self, link: Link, auth: Auth, grant: Grant, path: str, query: tuple[tuple[str, str], ...] = ()
    ) -> object:
        """The document at a path, asked for with these credentials; raises what a refusal means."""
        name, secret = header(link, auth, grant)
        pairs = [*query, *_usual(link)]
        request = Request(
            method="GET",
            url=link.base_url + path + (f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""),
            headers=(AGENT, *link.provider.headers, (name, secret.reveal())),
            body_bytes_max=BODY_BYTES_MAX,
        )
        answer = await self.send(link, request)
        if not 200 <= answer.status < 300:
            raise error_of(link.provider, answer, self.clock.now())
        try:
            return decode(answer.body)
        except NotJson as error:
            # Any web server says 200 to something; only JSON shows that it is the provider's API.
            raise Garbled(
                f"What answers there is not {link.provider.title}.", details={"step": "link"}
            ) from error


def bare(link: Link, auth: Auth, secrets: Mapping[str, Secret]) -> Grant:
    """A grant that nobody has kept yet."""
    tenant, environment, connection = link.granted
    return Grant(
        tenant=tenant, environment=environment, connection=connection, scheme=auth.name, secrets=secrets
    )


def posted(
    url: str, pairs: Mapping[str, str], *, auth: OAuth2 | None = None, client: Grant | None = None
) -> Request:
    """A form, or what a token endpoint wants of a client that says who it is."""
    headers = [("accept", "application/json"), AGENT]
    if auth is not None and client is not None:
        id, secret = client.secrets["client_id"].reveal(), client.secrets["client_secret"].reveal()
        if auth.client_auth == "basic":
            headers.append(("authorization", f"Basic {base64.b64encode(f'{id}:{secret}'.encode()).decode()}"))
        else:
            pairs = {**pairs, "client_id": id, "client_secret": secret}
    written = auth is not None and auth.body == "json"
    kind, body = ("json", json.dumps(pairs)) if written else ("x-www-form-urlencoded", urlencode(pairs))
    return Request(
        method="POST",
        url=url,
        headers=(*headers, ("content-type", f"application/{kind}")),
        body=body.encode(),
        body_bytes_max=BODY_BYTES_MAX,
    )


def _usual(link: Link) -> list[tuple[str, str]]:
    """The parameters of every request; one whose setting is not there is left out."""
    found = []
    for name, value in link.provider.query:
        setting = value[1:-1] if value.startswith("{") and value.endswith("}") else None
        if setting is None:
            found.append((name, value))
        elif setting in link.settings:
            found.append((name, link.settings[setting]))
    return found
