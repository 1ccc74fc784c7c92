"""Callers are not surprised: what breaks them is announced, and what will go says since when and what to use."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from graphql import build_schema

from tests.shape.breaking import tagged, unannounced, undated
from tests.shape.sources import ROOT

PATH = "schema/schema.graphql"
BEFORE = """
directive @fresh(maxAge: Int) on FIELD
enum Unit { HOUR DAY }
input Where { id: ID }
type Bill { id: ID! total(currency: String): Int unit: Unit }
type Query { bill(id: ID): Bill bills(where: Where): [Bill!]! }
"""
LOG = "# Changelog\n\n## [0.2.0] - Unreleased\n\n### Removed\n\n{line}\n\n## [0.1.0] - 2026-01-01\n\n- `Bill.total`\n"


def schema_text() -> str:
    return (ROOT / PATH).read_text(encoding="utf-8")


def test_the_schema_breaks_nobody_unannounced() -> None:
    """Against the last tag; where there is none yet, against this very commit, which is no difference."""
    before = tagged(ROOT, PATH) or schema_text()
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert unannounced(build_schema(before), build_schema(schema_text()), changelog) == []


@pytest.mark.parametrize(
    ("old", "new", "coordinate"),
    [
        (" unit: Unit", "", "Bill.unit"),
        ("total(currency: String): Int", "total(currency: String): String", "Bill.total"),
        ("(currency: String)", "", "Bill.total(currency:)"),
        ("(currency: String)", "(currency: String!)", "Bill.total(currency:)"),
        ("HOUR DAY", "HOUR", "Unit.DAY"),
        ("bill(id: ID)", "bill(id: ID, of: ID!)", "Query.bill(of:)"),
        ("id: ID }", "id: ID kind: ID! }", "Where.kind"),
        ("directive @fresh(maxAge: Int) on FIELD", "", "@fresh"),
        ("type Bill {", "type Invoice {", "Bill"),
    ],
)
def test_what_breaks_has_to_be_announced(old: str, new: str, coordinate: str) -> None:
    """Each kind of difference is found; a line of the unreleased section that names it is enough, elsewhere is not."""
    text = BEFORE.replace(old, new)
    if coordinate == "Bill":
        text = text.replace(": Bill ", ": Invoice ").replace("[Bill!]!", "[Invoice!]!")
    before, after = build_schema(BEFORE), build_schema(text)

    found = unannounced(before, after, LOG.format(line="- something else"))
    said = unannounced(before, after, LOG.format(line=f"- `{coordinate}` goes; use another."))

    assert len(found) >= 1
    assert coordinate.removeprefix("@") in "".join(found).replace("'", "") or "(" in coordinate
    assert len(said) == len(found) - 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HOUR DAY", "HOUR DAY WEEK"),
        ("unit: Unit }", "unit: Unit memo: String }"),
        ("input Where { id: ID }", "input Where { id: ID kind: ID }"),
        ("total(currency: String): Int", "total(currency: String, on: String): Int!"),
    ],
)
def test_what_is_added_breaks_nobody(old: str, new: str) -> None:
    """More fields, arguments that may be left out and values: callers go on as they are."""
    assert unannounced(build_schema(BEFORE), build_schema(BEFORE.replace(old, new)), "") == []


def test_a_tag_is_read_from_git(tmp_path: Path) -> None:
    """The file as it was at the newest tag behind this commit; without git, tag or file there is nothing to compare."""
    assert tagged(tmp_path, PATH) is None

    def git(*arguments: str) -> None:
        who = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.test",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "tag.gpgsign=false",
        ]
        command = ["git", *who, *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "a.graphql").write_text("one", encoding="utf-8")
    git("add", ".")
    git("commit", "-m", "one")
    assert tagged(tmp_path, "a.graphql") is None
    git("tag", "v1")
    (tmp_path / "a.graphql").write_text("two", encoding="utf-8")
    git("commit", "-am", "two")

    assert tagged(tmp_path, "a.graphql") == "one"
    assert tagged(tmp_path, "b.graphql") is None


def test_what_is_deprecated_says_why_and_since_when() -> None:
    """Every `@deprecated` of the schema has a reason with a date."""
    assert undated(build_schema(schema_text())) == []


def test_a_deprecation_without_reason_or_date_is_found() -> None:
    """Of fields, arguments, parts of inputs and values of enums."""
    schema = build_schema("""
      enum Unit { HOUR DAY @deprecated }
      input Where { id: ID @deprecated(reason: "2026-11-30: use key") key: ID @deprecated(reason: "Use id.") }
      type Query {
        good: Int @deprecated(reason: "2026-11-30: use better")
        old: Int @deprecated(reason: "Use better.")
        better(a: Int @deprecated(reason: "soon"), where: Where, unit: Unit): Int
      }""")

    assert undated(schema) == ["Unit.DAY", "Where.key", "Query.old", "Query.better(a:)"]
