"""The provider that all ways of the benchmark read: its rows, and the process that serves them."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.bench.processes import free_port
from tests.bench.spawned import held, listening

SOURCE: Final = Path(__file__).with_name("provider.c")
INVOICES: Final = 10_000
CONTACTS: Final = 60
LINES: Final = 5
BOOKS: Final = 100
"""Books that begin 100 invoices apart, so that as many companies have rows of their own."""
LAST: Final = dt.date(2026, 11, 20)


def _line(random: Random, number: int) -> dict[str, Any]:
    quantity, cents = random.randint(1, 20), random.randint(100, 90_000)
    return {
        "description": f"Consulting and support, item {number}",
        "quantity": quantity,
        "unitPrice": cents / 100,
        "amount": quantity * cents / 100,
    }


def invoice(random: Random, number: int) -> dict[str, Any]:
    """One row; the younger, the lower its number."""
    lines = [_line(random, each) for each in range(LINES)]
    day = LAST - dt.timedelta(days=number)
    return {
        "id": f"inv-{number:06d}",
        "number": f"INV-{20_000 - number}",
        "issueDate": day.isoformat(),
        "dueDate": (day + dt.timedelta(days=30)).isoformat(),
        "status": "AUTHORISED",
        "total": {"amount": round(sum(each["amount"] for each in lines), 2), "currency": "GBP"},
        "contactId": f"c{number % CONTACTS}",
        "lineItems": lines,
    }


def _contact(number: int) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "name": f"Customer {number} Ltd",
        "email": f"billing{number}@customer{number}.example",
        "phone": f"+44 20 7946 {number:04d}",
        "status": "ACTIVE",
    }


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@dataclass(frozen=True)
class Books:
    """The running provider."""

    ports: tuple[int, ...]
    """One for each delay that was asked for, in that order."""

    def url(self, line: int = 0) -> str:
        """Where answers take as long as the delay of this place."""
        return f"http://127.0.0.1:{self.ports[line]}"

    def count(self) -> tuple[int, int]:
        """Calls and rows, all so far."""
        with urllib.request.urlopen(f"{self.url()}/count") as answer:
            calls, rows = json.load(answer)
        return calls, rows


def built(folder: Path) -> Path:
    """The program; raises SystemExit where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("the provider of the benchmark is written in C: install a C compiler (cc)")
    program = folder / "provider"
    subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE)], check=True, timeout=120)
    return program


@contextmanager
def serving(folder: Path, core: int, delays: Sequence[int] = (0,)) -> Iterator[Books]:
    """The provider on a core, at one port for each delay in milliseconds; it ends with the block."""
    random = Random(7)
    files = [
        _write(folder / "invoices", (invoice(random, number) for number in range(INVOICES))),
        _write(folder / "contacts", (_contact(number) for number in range(CONTACTS))),
    ]
    ports = tuple(free_port() for _ in delays)
    lines = [f"{port}:{delay}" for port, delay in zip(ports, delays, strict=True)]
    with held([str(built(folder)), *files, *lines], core=core) as process:
        books = Books(ports)
        for port in ports:
            listening(port, process)
        yield books
