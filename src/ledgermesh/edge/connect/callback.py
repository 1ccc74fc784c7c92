"""`/connect/callback`: where every provider's consent page sends people back to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.edge.connect.browser import browser_secret
from ledgermesh.edge.connect.flow import Flow
from ledgermesh.edge.connect.opened import Opened, Trouble, current, known
from ledgermesh.edge.connect.page import Pages
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.connect.words import status, word
from ledgermesh.errors import BadInput, LedgermeshError, NeedsConfig, Reconnect, StateDown
from ledgermesh.spec.auth import OAuth2
from ledgermesh.state.base import Grant
from ledgermesh.state.link_tokens import LinkEnded, LinkState, same_browser
from ledgermesh.state.sealing import NotSealed
from ledgermesh.upstream.linking.consent import exchange, find_client

CODE_CHARACTERS_MAX = 4_000


async def arrive(parts: ConnectParts, pages: Pages, request: Request) -> Response:
    """The next page. Raises Trouble, StateDown."""
    state = _state(parts, request.query_params.get("state", ""))
    token = parts.tokens.seal(state.request)
    if not same_browser(state, browser_secret(request, secure=parts.secure)):
        # Nothing is used up: the browser that began may still come.
        raise Trouble("browser", 403, known(parts, token, state.request, "redirect"))
    if not await parts.tokens.first_use(state):
        raise Trouble("replayed", 409, _again(parts, token, state), again=_path(parts, token, state))
    opened = await current(parts, token, state.request, state.mode)
    code = request.query_params.get("code", "")
    if request.query_params.get("error") or not 0 < len(code) <= CODE_CHARACTERS_MAX:
        raise _refused(opened, request.query_params.get("error", ""))
    return await _go_on(pages, request, opened, state, code)


def _state(parts: ConnectParts, text: str) -> LinkState:
    try:
        return parts.tokens.open_state(text)
    except NotSealed as error:
        raise Trouble("state", 400) from error
    except LinkEnded as error:
        token = parts.tokens.seal(error.request)
        opened = known(parts, token, error.request, "redirect")
        raise Trouble("late", 410, opened, again=opened.step() if opened is not None else "") from error


async def _go_on(pages: Pages, request: Request, opened: Opened, state: LinkState, code: str) -> Response:
    parts = opened.parts
    again = opened.step(provider=state.provider)
    try:
        target = opened.target(state.provider)
        auth = next((each for each in target.provider.auth if each.name == state.scheme), None)
        client = await find_client(parts.state, target.owner, state.request.environment, state.provider)
        if not isinstance(auth, OAuth2) or client is None:
            raise Trouble("client", 409, opened, again=again)
        flow = Flow(
            pages=pages, request=request, opened=opened, target=target, auth=auth, settings=state.settings
        )
        return await flow.go_on(await _exchanged(flow, auth, client, state, code))
    except StateDown:
        raise
    except LedgermeshError as error:
        raise Trouble(_kind(error), status(error), opened, again=again) from error


async def _exchanged(flow: Flow, auth: OAuth2, client: Grant, state: LinkState, code: str) -> Grant:
    parts = flow.opened.parts
    return await exchange(
        parts.line,
        flow.link(),
        auth,
        client=client,
        code=code,
        redirect_uri=parts.redirect_uri,
        verifier=state.verifier,
    )


def _kind(error: LedgermeshError) -> str:
    if isinstance(error, Reconnect):
        return "exchange"
    if isinstance(error, NeedsConfig) and "reaches" not in error.details:
        return "client"
    return "exchange" if isinstance(error, BadInput) else word(error)


def _refused(opened: Opened, error: str) -> Trouble:
    """What the provider's page said instead of a code."""
    denied = error == "access_denied"
    kind, outcome = ("denied", "cancelled") if denied else ("refused", "failed")
    return Trouble(kind, 200 if denied else 400, opened, again=opened.step(), outcome=outcome)


def _again(parts: ConnectParts, token: str, state: LinkState) -> Opened | None:
    return known(parts, token, state.request, state.mode)


def _path(parts: ConnectParts, token: str, state: LinkState) -> str:
    opened = _again(parts, token, state)
    return opened.step() if opened is not None else ""
