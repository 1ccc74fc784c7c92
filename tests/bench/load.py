"""Callers that ask one address again and again for some seconds: wrk where it is installed, else our own.

Both read answers without looking into them, so that the load is not what is measured. wrk takes whole seconds.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SCRIPT: Final = Path(__file__).with_name("load.lua")
MARK: Final = 987_654_321
"""Stands in a body for the number that differs between requests."""
ANSWER_SECONDS: Final = 60


@dataclass(frozen=True)
class Ask:
    """What is asked: the body around the number that no two requests share. No body is a GET."""

    path: str = "/graphql"
    before: str = ""
    after: str = ""
    modulo: int = 1 << 40
    headers: Mapping[str, str] = field(default_factory=dict)
    fixed: bool = False
    """Whether all requests are the same."""

    def body(self, number: int) -> str:
        """Of one request."""
        own = 0 if self.fixed else number % self.modulo
        return f"{self.before}{own}{self.after}" if self.before else ""

    def message(self, number: int) -> bytes:
        """One request on the wire."""
        body = self.body(number).encode()
        lines = [f"{'POST' if body else 'GET'} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def ask(
    query: str,
    variables: Mapping[str, Any],
    *,
    modulo: int = 1 << 40,
    headers: Mapping[str, str] | None = None,
) -> Ask:
    """A question whose variables hold MARK where requests differ."""
    before, _, after = json.dumps({"query": query, "variables": variables}).partition(str(MARK))
    own = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
    return Ask(before=before, after=after, modulo=modulo, headers=own)


@dataclass(frozen=True)
class Figures:
    """One run."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    """Milliseconds, as p99."""
    p99: float
    errors: int
    failed: str = ""
    """Which errors, where they are told apart."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def name() -> str:
    """Who asks."""
    return "wrk" if shutil.which("wrk") else "callers in Python"


def run(port: int, what: Ask, *, callers: int, seconds: float, start: int = 0) -> Figures:
    """So many callers for so long; raises RuntimeError for errors among the answers."""
    if shutil.which("wrk"):
        found = _wrk(port, what, callers, seconds, start)
    else:
        found = asyncio.run(_own(port, what, callers, seconds, start))
    if found.errors:
        raise RuntimeError(f"{found.errors} errors beside {found.requests} answers; {found.failed}")
    return found


def _wrk(port: int, what: Ask, callers: int, seconds: float, start: int) -> Figures:
    environ = {
        "LOAD_PATH": what.path,
        "LOAD_BEFORE": what.before,
        "LOAD_AFTER": what.after,
        "LOAD_MODULO": str(what.modulo),
        "LOAD_FIXED": "1" if what.fixed else "0",
        "LOAD_START": "0" if what.fixed else str(start),
        "LOAD_HEADERS": "\n".join(f"{key}: {value}" for key, value in what.headers.items()),
    }
    for_seconds = max(1, math.ceil(seconds))
    command = [
        "wrk", "-t1", f"-c{callers}", f"-d{for_seconds}s", f"--timeout={ANSWER_SECONDS}s", "-s", str(SCRIPT),
        f"http://127.0.0.1:{port}",
    ]  # fmt: skip
    ended = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, check=True, text=True,
        timeout=for_seconds + 2 * ANSWER_SECONDS,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(ended.stdout.partition("FIGURES ")[2])
    return Figures(**figures)


class _Caller(asyncio.Protocol):
    """Asks, counts the bytes of the answer, asks again."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._began = 0.0
        self._left = -1
        """Bytes of the answer that are to come; -1 before its head has come."""
        self._head = self._tail = b""
        self._chunked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """See Protocol."""
        self._load.lost()

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        self._load.bytes += len(data)
        if self._left < 0:
            self._head += data
            data = self._taken()
            if self._left < 0:
                return
        self._left = self._over(data)
        if self._left == 0:
            self._load.answered(time.perf_counter() - self._began)
            self._ask()

    def _taken(self) -> bytes:
        """What stands behind the head, once all of it is there."""
        head, blank, rest = self._head.partition(b"\r\n\r\n")
        if blank:
            self._load.errors += b" 200 " not in head[:20]
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._chunked = not length
            self._left, self._head = int(length or 1), b""
        return rest

    def _over(self, data: bytes) -> int:
        if self._chunked:
            self._tail = (self._tail + data)[-7:]
            return 0 if self._tail == b"\r\n0\r\n\r\n" else 1
        return self._left - len(data)

    def _ask(self) -> None:
        if self._load.over():
            self._transport.close()
            return
        self._left, self._tail, self._began = -1, b"", time.perf_counter()
        self._transport.write(self._load.next())


class _Load:
    """What the callers of one run share."""

    def __init__(self, what: Ask, callers: int, seconds: float, start: int) -> None:
        self._what, self._left, self._number = what, callers, start
        self.began = time.perf_counter()
        self._until = self.began + seconds
        self.times: list[float] = []
        self.bytes = self.errors = 0
        self.ended = asyncio.get_running_loop().create_future()

    def over(self) -> bool:
        """Whether nobody asks any more."""
        return time.perf_counter() >= self._until

    def next(self) -> bytes:
        """The next request."""
        self._number += 1
        return self._what.message(self._number)

    def answered(self, seconds: float) -> None:
        """One answer came."""
        self.times.append(seconds)

    def lost(self) -> None:
        """A caller has ended."""
        self._left -= 1
        self.errors += not self.over()
        if self._left == 0 and not self.ended.done():
            self.ended.set_result(None)


async def _own(port: int, what: Ask, callers: int, seconds: float, start: int) -> Figures:
    load, loop = _Load(what, callers, seconds, start), asyncio.get_running_loop()
    for _ in range(callers):
        await loop.create_connection(lambda: _Caller(load), "127.0.0.1", port)
    await asyncio.wait_for(load.ended, seconds + 2 * ANSWER_SECONDS)
    times = sorted(load.times) or [0.0]
    return Figures(
        requests=len(load.times),
        seconds=time.perf_counter() - load.began,
        bytes=load.bytes,
        p50=times[len(times) // 2] * 1000,
        p99=times[min(len(times) - 1, int(len(times) * 0.99))] * 1000,
        errors=load.errors,
    )
