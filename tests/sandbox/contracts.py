"""Hold every exchange with an emulator (or a provider) against `schema/providers/<name>.yaml`.

    contract = Contract("accountsos", mount="http://sandbox/accountsos")
    client = httpx.AsyncClient(transport=Checked(httpx.ASGITransport(app), contract), base_url=contract.mount)

`mount` stands for the provider's host: the contract's own servers (`https://accounts-os.com/api`) are read as
`http://sandbox/accountsos/api`. A request outside the contract fails, unless the test says that it errs on purpose:
`client.get("/api/transactions?limit=x", extensions=ON_PURPOSE)`; the answer is still held against the contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml
from cachetools import LRUCache
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths import APICallPathFinder
from openapi_core.templating.paths.exceptions import PathError
from werkzeug.datastructures import Headers, ImmutableMultiDict

PROVIDERS = Path(__file__).parents[2] / "schema" / "providers"
METHODS = frozenset(("get", "put", "post", "delete", "patch"))
ON_PURPOSE: Mapping[str, Any] = {"contract": "answer"}
"""Request extensions of a test that sends something the contract does not allow."""
HELD_MAX = 50_000
"""Requests and answers that are remembered as good, so that the same one is not held against the contract again: most
tests read the same books at the same moment.
"""


class _Loader(yaml.CSafeLoader):
    """YAML as JSON has it: `2025-01-02` stays text, which is what a schema's examples and versions mean."""

    yaml_implicit_resolvers = {
        first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
        for first, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@cache
def read_contract(name: str) -> dict[str, Any]:
    """A provider's contract as it is written; read once, and never changed."""
    document: dict[str, Any] = yaml.load((PROVIDERS / f"{name}.yaml").read_text("utf-8"), Loader=_Loader)
    return document


class Breach(AssertionError):
    """A request or an answer that the contract does not allow; says which and why."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    url: str
    """With the names of the path's parameters in braces."""
    described: Mapping[str, Any]
    """As it stands in the contract."""


class Contract:
    """One provider's OpenAPI 3.1 contract, its servers moved below `mount`.

    `closed` also refuses answers with fields that the contract does not name; leave it out where schemas are
    put together with `allOf`.
    """

    def __init__(self, name: str, *, mount: str, closed: bool = False) -> None:
        self.name = name
        self.mount = mount.rstrip("/")
        document = read_contract(name)
        self.document: dict[str, Any] = _moved(document, self.mount)
        self._api = OpenAPI.from_dict(
            self.document,
            # That the document is valid is a test of its own; here it would take longer than all else together.
            config=Config(
                spec_validator_cls=None,
                additional_properties_default_policy="forbid" if closed else "allow",
            ),
        )
        self._good: LRUCache[bytes, bool] = LRUCache(HELD_MAX)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation, by its id."""
        root = self.document.get("servers", [])
        return {
            operation["operationId"]: Operation(
                operation["operationId"],
                method.upper(),
                operation.get("servers", item.get("servers", root))[0]["url"] + path,
                operation,
            )
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }

    def operation_of(self, request: httpx.Request) -> str:
        """The id of the operation that this request is; raises PathError where it is none."""
        return str(self._find(_Asked(request)).operation["operationId"])

    def check(self, request: httpx.Request, response: httpx.Response) -> None:
        """Raise Breach unless both are as the contract says; their bodies must have been read."""
        self.check_request(request)
        self.check_response(request, response)

    def check_request(self, request: httpx.Request) -> None:
        """Raise Breach on an unknown path, method or query parameter, or a value that its schema refuses."""
        held = _digest("request", _line(request), request.headers.raw, request.content)
        if held in self._good:
            return
        asked = _Asked(request)
        self._raise(request, "request", self._api.iter_request_errors(asked))
        unknown = sorted(set(request.url.params) - set(self._parameters(asked)))
        if unknown:
            raise Breach(f"{self.name}: {_line(request)}: no query parameter {', '.join(unknown)}")
        self._good[held] = True

    def check_response(self, request: httpx.Request, response: httpx.Response) -> None:
        """Raise Breach on an undeclared status, content type, header or body."""
        said = f"answer {response.status_code}"
        held = _digest(said, _line(request), response.headers.raw, response.content)
        if held not in self._good:
            self._raise(request, said, self._api.iter_response_errors(_Asked(request), _Got(response)))
            self._good[held] = True

    def knows(self, request: httpx.Request) -> bool:
        """Whether the contract has this path and method at all."""
        try:
            self._find(_Asked(request))
        except PathError:
            return False
        return True

    def _raise(self, request: httpx.Request, what: str, errors: Iterable[Exception]) -> None:
        reasons = [reason for error in errors for reason in _reasons(error)]
        if reasons:
            raise Breach(f"{self.name}: {_line(request)}: {what}: " + "; ".join(reasons))

    def _find(self, asked: _Asked) -> Any:
        return APICallPathFinder(self._api.spec).find(asked.method, asked.host_url + asked.path)

    def _parameters(self, asked: _Asked) -> Iterator[str]:
        found = self._find(asked)
        for owner in (found.path, found.operation):
            for parameter in owner.get("parameters", []):
                if parameter["in"] == "query":
                    yield parameter["name"]


class Checked(httpx.AsyncBaseTransport):
    """A transport that holds everything going through it against a contract."""

    def __init__(self, inner: httpx.AsyncBaseTransport, contract: Contract) -> None:
        self._inner = inner
        self._contract = contract

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._inner.handle_async_request(request)
        await response.aread()
        if request.extensions.get("contract") != "answer":
            self._contract.check(request, response)
        elif self._contract.knows(request):
            self._contract.check_response(request, response)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Asked:
    """A request as openapi-core wants to see it."""

    def __init__(self, request: httpx.Request) -> None:
        self.host_url = f"{request.url.scheme}://{request.url.netloc.decode()}"
        self.path = request.url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "application/octet-stream").lower()
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()),
            header=Headers(request.headers.multi_items()),
            cookie=ImmutableMultiDict(),
        )


class _Got:
    """An answer as openapi-core wants to see it."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.headers = Headers(response.headers.multi_items())
        self.content_type = response.headers.get("content-type", "").lower()
        self.data = response.content


def _moved(node: Any, mount: str) -> Any:
    """The document with every server's scheme and host replaced by `mount`."""
    if isinstance(node, list):
        return [_moved(part, mount) for part in node]
    if not isinstance(node, dict):
        return node
    moved = {key: _moved(part, mount) for key, part in node.items() if key != "servers"}
    if "servers" in node:
        moved["servers"] = [{"url": mount + _path(server)} for server in node["servers"]]
    return moved


def _path(server: Mapping[str, Any]) -> str:
    url: str = server["url"]
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", variable["default"])
    return urlsplit(url).path.rstrip("/")


def _reasons(error: BaseException) -> Iterator[str]:
    """What is wrong, from the many layers of openapi-core's errors, with the place in the body where it knows one."""
    places = getattr(error, "schema_errors", None)
    if places:
        yield from (f"{place.json_path}: {place.message}" for place in places)
    elif error.__cause__ is not None:
        yield from (f"{type(error).__name__}: {reason}" for reason in _reasons(error.__cause__))
    else:
        yield f"{type(error).__name__}: {error}"


def _digest(what: str, line: str, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Of all that decides whether this half of an exchange is as its contract says."""
    return sha256(b"\0".join([what.encode(), line.encode(), repr(headers).encode(), body])).digest()


def _line(request: httpx.Request) -> str:
    return f"{request.method} {request.url}"
