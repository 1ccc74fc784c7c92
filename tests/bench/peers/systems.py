"""The other gateways: where their packages are, how each is started, and why one is left out."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tests.bench.ways import PLAIN, Way, ours, page_of_books, peer_asks

HERE: Final = Path(__file__).parent
NODE: Final = HERE / "node"
HIVE: Final = HERE / "hive"
TAILCALL: Final = HERE / "tailcall"
INSTALL_SECONDS: Final = 900
GLIBC: Final = "BENCH_GLIBC"
"""Environment variable: a folder with a newer C library, whose loader starts Tailcall where the system's is too old."""
PACKAGES: Final[Mapping[str, Sequence[tuple[Path, str]]]] = {
    "hive": ((HIVE, "@graphql-hive/gateway"), (HIVE, "@omnigraph/openapi")),
    "apollo": ((NODE, "@apollo/server"), (NODE, "fastify"), (NODE, "dataloader")),
    "yoga": ((NODE, "graphql-yoga"), (NODE, "dataloader")),
    "yoga_jit": ((NODE, "graphql-yoga"), (NODE, "graphql-jit")),
    "mercurius_jit": ((NODE, "mercurius"), (NODE, "graphql-jit")),
    "tailcall": ((TAILCALL, "@tailcallhq/core-linux-x64-gnu"),),
}


def installed(folder: Path) -> str | None:
    """Why the packages of a folder are not there; they are installed first where they are not yet."""
    if (folder / "node_modules" / ".package-lock.json").exists():
        return None
    if shutil.which("npm") is None:
        return "needs Node.js 20 and npm"
    print(f"installing {folder.name} (npm ci), once", file=sys.stderr, flush=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, check=False, text=True, timeout=INSTALL_SECONDS
    )
    return (
        None
        if ended.returncode == 0
        else f"npm ci ended with {ended.returncode}: {ended.stderr[-200:].strip()}"
    )


def of_package(folder: Path, name: str) -> str:
    """The name and version of an installed package."""
    found: Mapping[str, Any] = json.loads((folder / "node_modules" / name / "package.json").read_bytes())
    return f"{name} {found['version']}"


def versions(names: Sequence[str]) -> list[str]:
    """What is compared, one line each."""
    shared = ["strawberry-graphql", "graphql-core", "starlette", "uvicorn", "httptools"]
    shared += ["uvloop"] if find_spec("uvloop") else []
    found = [f"Python {platform.python_version()}"]
    if node := shutil.which("node"):
        found.append(f"Node.js {_said(node, '--version')}")
    for name in names:
        if name in PACKAGES:
            found.append(f"{name}: {', '.join(of_package(*each) for each in PACKAGES[name])}")
        elif name in ("plain", "ours"):
            packages = [*shared, *(("httpx", "aiodataloader") if name == "plain" else ("msgspec",))]
            found.append(f"{name}: {', '.join(f'{each} {version(each)}' for each in packages)}")
    return found


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def _node(name: str, script: str, **switches: str) -> Way:
    return Way(
        name, lambda port, upstream: ["node", script], peer_asks, lambda data: data["invoices"],
        environ=lambda port, upstream: {
            "PORT": str(port), "UPSTREAM": upstream, "NODE_ENV": "production", **switches
        },
        folder=NODE, page_of_books=page_of_books,
    )  # fmt: skip


def _hive(name: str, made: Path, **switches: str) -> Way:
    """Hive Gateway; its supergraph is composed for one address of the provider."""

    def command(port: int, upstream: str) -> Sequence[str]:
        file = made / f"supergraph-{upstream.rpartition(':')[2]}.graphql"
        if not file.exists():
            compose = ["npx", "--no-install", "mesh-compose", "-o", str(file)]
            environ = {**os.environ, "UPSTREAM": upstream}
            subprocess.run(compose, cwd=HIVE, env=environ, check=True, capture_output=True, timeout=180)
        return ["node", "node_modules/.bin/hive-gateway", "supergraph", str(file), "-c", "gateway.config.ts"]

    return Way(
        name, command, lambda first: peer_asks(first, "limit"), lambda data: data["invoices"],
        environ=lambda port, upstream: {"PORT": str(port), "NODE_ENV": "production", **switches},
        folder=HIVE, page_of_books=page_of_books,
    )  # fmt: skip


def _tailcall(made: Path) -> Way | str:
    """Tailcall, or why its binary does not run here."""
    binary = TAILCALL / "node_modules" / "@tailcallhq" / "core-linux-x64-gnu" / "bin" / "tailcall"
    started: Sequence[str] = [str(binary)]
    if folder := os.environ.get(GLIBC):
        started = [str(Path(folder, "ld-linux-x86-64.so.2")), "--library-path", folder, str(binary)]
    try:
        subprocess.run([*started, "--version"], capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return f"its binary needs glibc 2.39, here is {platform.libc_ver()[1]}; {GLIBC} names a folder with a newer one"

    def command(port: int, upstream: str) -> Sequence[str]:
        text = (TAILCALL / "books.graphql").read_text(encoding="utf-8")
        file = made / f"tailcall-{port}.graphql"
        text = text.replace("4000", str(port)).replace("http://127.0.0.1:9100", upstream)
        file.write_text(text, encoding="utf-8")
        return [*started, "start", str(file)]

    switches = {"TAILCALL_TRACKER": "false", "TAILCALL_LOG_LEVEL": "error"}
    return Way(
        "tailcall", command, peer_asks, lambda data: data["invoices"],
        environ=lambda port, upstream: switches, folder=made, page_of_books=page_of_books,
    )  # fmt: skip


class Systems:
    """Those that run here; `left_out` says of the others why they do not."""

    def __init__(self, made: Path, names: frozenset[str] = frozenset()) -> None:
        """`names` are those that are wanted, ours always; empty for all."""
        self._made, self._names = made, names
        self.left_out: dict[str, str] = {}
        reasons = {folder: installed(folder) for folder in (NODE, HIVE, TAILCALL)}
        self._node, self._hive = reasons[NODE] is None, reasons[HIVE] is None
        for folder, reason in reasons.items():
            if reason is not None:
                self.left_out[folder.name] = reason
        found = _tailcall(made) if reasons[TAILCALL] is None else None
        self._tailcall = found if isinstance(found, Way) else None
        if isinstance(found, str):
            self.left_out["tailcall"] = found

    def uncached(self) -> list[Way]:
        """All, as they answer requests that are not alike."""
        found = [PLAIN]
        if self._hive:
            found.append(_hive("hive", self._made))
        if self._node:
            found += [_node("apollo", "apollo.js"), _node("yoga", "yoga.js")]
            found += [_node("mercurius_jit", "mercurius.js"), _node("yoga_jit", "yoga.js", JIT="1")]
        if self._tailcall is not None:
            found.append(self._tailcall)
        return [*self._wanted(found), ours()]

    def cached(self) -> list[Way]:
        """Those that keep answers."""
        found: list[Way] = []
        if self._hive:
            found.append(_hive("hive_cache", self._made, CACHE="1"))
        if self._node:
            found.append(_node("apollo_cache", "apollo.js", CACHE="1"))
            found.append(_node("yoga_cache", "yoga.js", CACHE="1"))
        return [*self._wanted(found), ours("ours_cache", headers={"Cache-Control": "max-age=60"})]

    def _wanted(self, found: Sequence[Way]) -> list[Way]:
        return [way for way in found if not self._names or way.name in self._names]
