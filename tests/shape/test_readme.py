"""What the README says is what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from graphql import parse, validate

import ledgermesh
from ledgermesh.cli import commands
from ledgermesh.cli.demo import banner
from ledgermesh.clock import ManualClock
from ledgermesh.errors import ConfigurationError, DefinitionError, LedgermeshError
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.settings import read_settings, to_entries, to_grants
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.stack import LINES
from tests.harness import NOW, house, world_today
from tests.shape.sources import ROOT, SOURCE
from tests.shared import printed_schema

README = (ROOT / "README.md").read_text(encoding="utf-8")
STARTING = (DefinitionError, ConfigurationError)
"""Errors that no caller meets."""
GRAPHQL = ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED")
"""Codes of what graphql-core says itself."""


def section(title: str) -> str:
    """The text below a heading, up to the next of its kind."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def rows(title: str) -> list[list[str]]:
    """The table below a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def steps(text: str) -> list[tuple[int, str]]:
    """Numbered sentences: number, and the file that each names first."""
    found = re.findall(r"^(\d+)\. `([\w/]+\.py)` ", text, flags=re.MULTILINE)
    return [(int(number), path) for number, path in found]


def errors(kind: type[LedgermeshError] = LedgermeshError) -> Iterator[type[LedgermeshError]]:
    """Every error that a caller can meet and that has a code of its own."""
    for each in kind.__subclasses__():
        if issubclass(each, STARTING):
            continue
        if "code" in vars(each) and each.code != "INTERNAL" and each.__module__.startswith("ledgermesh."):
            yield each
        yield from errors(each)


TESTS = "pytest -n auto --dist worksteal"


@pytest.mark.parametrize("command", ["ledgermesh demo", TESTS])
def test_one_line_starts_it(command: str) -> None:
    """The two commands stand there as they are to be typed."""
    assert f"    pip install -q uv && uv run {command}\n" in README


def test_ci_runs_the_same_command() -> None:
    """What runs before a commit lands begins with the README's own test command."""
    assert f"pip install -q uv && uv run {TESTS}'" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_curl_line_is_the_demo_s() -> None:
    """The line to copy is the one that the demo prints."""
    (line,) = [line for line in banner("127.0.0.1", 8000, 8100).splitlines() if "curl" in line]

    assert f"    {line.strip()}\n" in README


@pytest.mark.parametrize(
    ("title", "down"), [("A question and its answer", None), ("Partial results", "kashoo")]
)
async def test_the_answers_shown_are_answered(title: str, down: str | None) -> None:
    """The examples are what the gateway answers over the emulated books."""
    (question,), (shown,) = blocks(section(title), "graphql"), blocks(section(title), "json")
    world, clock = world_today(), ManualClock(NOW)

    async with house(world, make_sandbox(world, clock).emulators, clock) as gateway:
        gateway.down.update([down] if down is not None else [])
        answer = await gateway.ask(question)

    assert msgspec.json.decode(msgspec.json.encode(answer["data"])) == msgspec.json.decode(shown)


def test_every_question_shown_is_valid() -> None:
    """No example asks for a field that is not there."""
    schema = printed_schema()

    assert [error for text in blocks(README, "graphql") for error in validate(schema, parse(text))] == []


def test_the_life_of_a_request_names_files_that_are_there() -> None:
    """Numbered sentences without a gap, each naming one file; the README tells the same life."""
    told = steps(ledgermesh.__doc__ or "")

    assert [number for number, _ in told] == list(range(1, len(told) + 1))
    assert len(told) > 10
    assert [path for _, path in told if not (SOURCE / path).is_file()] == []
    assert (ledgermesh.__doc__ or "").split("\n\n", 2)[2].strip() in section("The life of a request")


def test_the_layers_are_told_in_their_order() -> None:
    """The sentence on the layers names all of them, in the order of the list that makes them."""
    assert f"layers: {', '.join(name for name, _ in LINES)}." in (ledgermesh.__doc__ or "")


def test_the_table_of_errors_is_the_tree() -> None:
    """Every code that a caller can meet stands there, with the remedy of its class."""
    shown = {(code.strip("`"), again, remedy) for code, again, remedy in rows("Errors")}
    typed = {(each.code, "yes" if each.retryable else "no", each.remedy) for each in errors()}

    assert {row for row in shown if row[0] not in GRAPHQL} == typed
    assert {row[0] for row in shown} >= set(GRAPHQL)


def test_the_table_of_commands_is_the_program_s() -> None:
    """Every command with the first line of its help."""
    known = {}
    for each in commands().registered_commands:
        assert each.callback is not None
        known[each.name or each.callback.__name__] = (each.callback.__doc__ or "").strip().splitlines()[0]

    assert {name.strip("`").removeprefix("ledgermesh "): words for name, words in rows("Commands")} == known


def test_the_settings_shown_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of a settings file is read, fits together, and finds its secrets."""
    (text,) = blocks(section("Configuration"), "toml")
    path = tmp_path / "ledgermesh.toml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "accountsos.key").write_text("a key", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environ = {"ACME_API_KEY": "key", "KASHOO_EMAIL": "owner@example.com", "KASHOO_PASSWORD": "word"}

    settings = read_settings(environ, path)
    registry = Registry()
    registry.set(*to_entries(settings, discover(NAMES), environ))

    assert registry.principal("key") is not None
    assert [grant.connection for grant in to_grants(settings, environ)] == [
        "corner-shop-books",
        "corner-shop-bank",
    ]


def test_every_place_named_is_there() -> None:
    """Paths in the text exist; `<name>` stands for any provider, and all of them have all of the places."""
    linked = re.findall(r"\]\(([\w./-]+)\)", README)
    quoted = re.findall(r"`((?:src|schema|tests|playground|\.ci)/[\w./<>-]*)`", README)
    names = discover(NAMES)
    paths = {path.replace("<name>", name) for path in (*linked, *quoted) for name in names}

    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_decisions_are_few_and_whole() -> None:
    """At most 15 dated decisions, each with its context and its consequence."""
    found = section("Decisions").strip().split("\n\n")

    assert len(found) <= 15
    for each in found:
        assert re.match(r"\*\*\d{4}-\d\d: ", each), each
        assert re.search(r"\*Context:\*.*\*Decision:\*.*\*Consequence:\*", each, flags=re.DOTALL), each
