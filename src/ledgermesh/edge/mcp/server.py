"""The tools as a server of the Model Context Protocol. The only file that needs the extra `mcp`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from ledgermesh.edge.mcp.asking import Denied
from ledgermesh.edge.mcp.operations import Operation
from ledgermesh.edge.mcp.output import compact, shortened
from ledgermesh.edge.mcp.planning import approval
from ledgermesh.edge.mcp.tools import COMMIT, COMMITTING, TOOLS, WRITE, Caller, Known, run, send
from ledgermesh.errors import BadInput, Forbidden, LedgermeshError, NotFound
from ledgermesh.graph.present import typed

BODY_BYTES_MAX: Final = 1_000_000
INSTRUCTIONS: Final = (
    "Accounting data of companies, live from their books, over one GraphQL schema. Find names with `search`, look at "
    "types with `introspect`, check a document with `validate`, run it with `execute`; the other tools are operations "
    "that are ready to use. Name the company by its account key. A mutation only plans: show its plan to a person, "
    "then call `commit`, which asks them. Every list says in `sources` how each system of books did."
)

Context = ServerRequestContext[Any, Any]
CallerOf = Callable[[Any], AbstractAsyncContextManager[Caller]]
"""Who calls, by the HTTP request that the call came with; None over stdio."""


class NotApproved(Forbidden):
    """Nobody approved this plan, so nothing of it was sent."""

    remedy = "Have a person look at the plan: `commit` asks them where the client can (elicitation)."


def make_server(known: Known, caller: CallerOf, *, version: str, unasked: bool = False) -> Server[Any]:
    """A server of these tools. `unasked`: whether `commit` is there for clients that can ask nobody."""
    tools = _Tools(known, caller, unasked=unasked)
    return Server(
        "ledgermesh",
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=tools.list,
        on_call_tool=tools.call,
    )


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client over standard input and output, until it leaves."""
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


@asynccontextmanager
async def http(server: Server[Any]) -> AsyncIterator[StreamableHTTPSessionManager]:
    """The same over streamable HTTP, each request by itself: nothing is kept of a client."""
    manager = StreamableHTTPSessionManager(
        server, stateless=True, json_response=True, max_request_body_size=BODY_BYTES_MAX
    )
    async with manager.run():
        yield manager


class _Tools:
    """What the protocol asks for."""

    def __init__(self, known: Known, caller: CallerOf, *, unasked: bool) -> None:
        self._known, self._caller, self._unasked = known, caller, unasked

    async def list(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """The tools of this caller: what its key may not do is not there."""
        async with self._caller(context.request) as caller:
            try:
                scopes = await caller.asking.scopes()
            except (Denied, LedgermeshError):
                scopes = frozenset()
        found = [_always(name) for name in TOOLS]
        found += [_operation(each) for each in self._known.operations.values() if each.scope in scopes]
        if WRITE in scopes and (self._unasked or _asks(context)):
            found.append(_commit())
        return types.ListToolsResult(tools=found)

    async def call(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """What a tool says; its errors are answers too, with a code and what to do."""
        arguments = params.arguments or {}
        async with self._caller(context.request) as caller:
            try:
                if params.name == COMMIT:
                    return await self._commit(context, caller, params)
                return _said(await self._run(caller, params.name, arguments))
            except LedgermeshError as error:
                return _failed({"message": error.message, **typed(error)})
            except Denied as error:
                return _failed({"message": str(error), **error.extensions})

    async def _run(self, caller: Caller, name: str, arguments: Mapping[str, Any]) -> str:
        if (tool := TOOLS.get(name)) is not None:
            return await tool.run(self._known, caller, arguments)
        found = self._known.operations.get(name)
        if found is None:
            raise NotFound(f"there is no tool {name!r}")
        return await run(self._known, caller, found.text, found.document, found.node, arguments)

    async def _commit(
        self, context: Context, caller: Caller, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        arguments = params.arguments or {}
        token = arguments.get("planToken")
        shown = self._known.plans.find(caller.owner, token) if isinstance(token, str) else None
        if shown is None:
            raise BadInput(
                "`planToken` is of no plan that was made here with this key", details={"field": "planToken"}
            )
        assert isinstance(token, str), "it was found"
        asked = await self._approved(context, params, token, shown)
        if isinstance(asked, types.InputRequiredResult):
            return asked
        if not asked:
            raise NotApproved("this plan was not approved; nothing was sent")
        return _said(await send(caller, arguments))

    async def _approved(
        self, context: Context, params: types.CallToolRequestParams, token: str, shown: str
    ) -> bool | types.InputRequiredResult:
        """Whether a person said so. They are asked by the client, never by what the model writes as an argument."""
        if not _asks(context):
            return self._unasked and (params.arguments or {}).get("approve") is True
        if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return _yes(await context.session.elicit_form(shown, FORM, related_request_id=context.request_id))
        given = (params.input_responses or {}).get(approval(token))
        if given is not None:
            return _yes(given)
        form = types.ElicitRequestFormParams(message=shown, requested_schema=FORM)
        return types.InputRequiredResult(input_requests={approval(token): types.ElicitRequest(params=form)})


FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "approve": {"type": "boolean", "title": "Send it", "description": "It is sent as shown, once."}
    },
    "required": ["approve"],
}


def _yes(answer: object) -> bool:
    return (
        isinstance(answer, types.ElicitResult)
        and answer.action == "accept"
        and (answer.content or {}).get("approve") is True
    )


def _asks(context: Context) -> bool:
    """Whether the client can put a question to a person, on this transport."""
    declared = context.session.client_capabilities
    if declared is None or declared.elicitation is None:
        return False
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS or context.session.can_send_request


def _always(name: str) -> types.Tool:
    tool = TOOLS[name]
    return types.Tool(
        name=name,
        description=tool.description,
        input_schema=dict(tool.takes),
        annotations=types.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=True),
    )


def _operation(each: Operation) -> types.Tool:
    planned = "" if each.reads else " Only plans: nothing is sent until `commit` is approved."
    return types.Tool(
        name=each.name,
        description=f"{each.description}{planned}",
        input_schema=dict(each.variables),
        # A plan changes no books either; what does is `commit`.
        annotations=types.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=True),
    )


def _commit() -> types.Tool:
    return types.Tool(
        name=COMMIT,
        description="Send a plan exactly as it was shown, once, after a person approved it.",
        input_schema=dict(COMMITTING),
        annotations=types.ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True
        ),
    )


def _said(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=shortened(text))])


def _failed(error: Mapping[str, Any]) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=shortened(compact({"error": error})))],
        structured_content={"error": dict(error)},
        is_error=True,
    )
