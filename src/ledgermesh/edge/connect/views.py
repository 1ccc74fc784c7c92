"""The pages of one link: pick a provider, give credentials, give the code, choose."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.edge.connect.flow import Flow, offered
from ledgermesh.edge.connect.forms import (
    SETTING,
    Given,
    credentials,
    echoed,
    given,
    typed_settings,
)
from ledgermesh.edge.connect.opened import Opened, Trouble, open_link
from ledgermesh.edge.connect.page import Pages
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.connect.words import status, word
from ledgermesh.errors import BadInput, LedgermeshError, StateDown
from ledgermesh.spec.auth import Auth
from ledgermesh.state.link_tokens import LinkEnded, LinkStep
from ledgermesh.state.sealing import NotSealed
from ledgermesh.upstream.linking.target import Target
from ledgermesh.upstream.linking.ways import Way, settings_before

CODE_CHARACTERS_MAX = 20


class Views:
    """What is served for a link token."""

    def __init__(self, parts: ConnectParts, pages: Pages) -> None:
        self._parts = parts
        self._pages = pages

    async def first(self, request: Request) -> Response:
        """The provider's page, or the list to pick one from."""
        opened = await self._opened(request)
        provider = opened.provider or request.query_params.get("provider")
        if provider is None or provider not in self._parts.definitions:
            return self._pick(request, opened)
        return await self._provider(request, opened, self._target(opened, provider))

    async def submit(self, request: Request) -> Response:
        """What was typed for one way in, tried."""
        opened = await self._opened(request)
        target = self._target(opened, request.path_params["provider"])
        ways = await offered(opened, target)
        way = next((each for each in ways if each.name == request.path_params["way"]), None)
        if way is None:
            raise Trouble("client", 409, opened, again=opened.step())
        form = await given(request)
        secrets, wrong = credentials(way, form)
        settings, odd = typed_settings(target, form)
        if wrong or odd:
            return await self._provider(request, opened, target, way=way, form=form, wrong=wrong | odd)
        await self._count(opened)
        flow = self._flow(request, opened, target, way.auth, settings)
        try:
            return await (flow.consent() if way.kind == "consent" else flow.sign_in(secrets))
        except StateDown:
            raise
        except LedgermeshError as error:
            return await self._provider(request, opened, target, way=way, form=form, error=error)

    async def step(self, request: Request) -> Response:
        """What was typed on a page after the first: a code, or a choice."""
        opened = await self._opened(request)
        form = await given(request)
        step = self._step(opened, form)
        target = self._target(opened, step.provider)
        auth = next((each for each in target.provider.auth if each.name == step.scheme), None)
        again = opened.step(provider=step.provider)
        if auth is None:
            raise Trouble("step", 410, opened, again=again)
        await self._count(opened)
        flow = self._flow(request, opened, target, auth, step.settings)
        try:
            return await self._next(flow, step, form, again)
        except StateDown:
            raise
        except LedgermeshError as error:
            raise Trouble(word(error), status(error), opened, again=again) from error

    async def _next(self, flow: Flow, step: LinkStep, form: Given, again: str) -> Response:
        if step.signed_in:
            return await self._chosen(flow, step, form)
        if not await self._parts.tokens.first_use(step):
            raise Trouble("step", 409, flow.opened, again=again)
        code = form.get("code")[:CODE_CHARACTERS_MAX]
        return await flow.with_code(step, code, resend=bool(form.get("resend")))

    async def _chosen(self, flow: Flow, step: LinkStep, form: Given) -> Response:
        known = {each.name: each for each in flow.target.provider.settings}
        told = {name: text for name in known if (text := form.get(SETTING + name))}
        chosen = {name: text for name, text in told.items() if known[name].choose is not None}
        typed = {name: text for name, text in told.items() if known[name].choose is None}
        return await flow.choose(step, chosen=chosen, typed=typed)

    # -- pages -------------------------------------------------------------------------------------------------

    def _pick(self, request: Request, opened: Opened) -> Response:
        providers = sorted(self._parts.definitions.values(), key=lambda each: each.title.casefold())
        return self._pages.make(request, "pick", opened, providers=providers)

    async def _provider(
        self,
        request: Request,
        opened: Opened,
        target: Target,
        *,
        way: Way | None = None,
        form: Given | None = None,
        wrong: Mapping[str, str] | None = None,
        error: LedgermeshError | None = None,
    ) -> Response:
        code = 200
        if error is not None:
            code = status(error)
        elif wrong:
            code = 422
        return self._pages.make(
            request, "provider", opened, status=code, provider=target.provider.title,
            target=target, ways=await offered(opened, target), settings=settings_before(target),
            tried=way, shown=echoed(target, way, form or Given()), wrong=wrong or {},
            error=word(error) if error is not None else "",
            again=target.entry is not None and bool(target.entry.owner),
        )  # fmt: skip

    # -- what they need ----------------------------------------------------------------------------------------

    async def _opened(self, request: Request) -> Opened:
        mode = request.query_params.get("mode", "redirect")
        return await open_link(self._parts, request.path_params["token"], mode)

    async def _count(self, opened: Opened) -> None:
        if not await self._parts.tokens.attempt(opened.request):
            raise Trouble("tries", 429, opened)

    def _target(self, opened: Opened, provider: str) -> Target:
        if opened.provider not in (None, provider) or provider not in self._parts.definitions:
            raise Trouble("provider", 404, opened, again=opened.step())
        try:
            return opened.target(provider)
        except BadInput as error:
            raise Trouble("request", 409, opened) from error

    def _flow(
        self, request: Request, opened: Opened, target: Target, auth: Auth, settings: Mapping[str, str]
    ) -> Flow:
        return Flow(
            pages=self._pages, request=request, opened=opened, target=target, auth=auth, settings=settings
        )

    def _step(self, opened: Opened, form: Given) -> LinkStep:
        try:
            return self._parts.tokens.open_step(form.get("step"), opened.request)
        except (NotSealed, LinkEnded) as error:
            raise Trouble("step", 410, opened, again=opened.step()) from error
