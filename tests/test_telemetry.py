"""Logs that hold no secret, and counters that hold no more than they may."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from ledgermesh import telemetry
from ledgermesh.state.base import Secret
from ledgermesh.telemetry import Drift, Drifted, Lines

HUSH = "hush-hush"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def logged(*, pretty: bool = False, level: int = logging.INFO) -> io.StringIO:
    stream = io.StringIO()
    telemetry.configure(stream=stream, pretty=pretty, level=level)
    return stream


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "authorization", "Authorization", "access_token", "refreshToken", "client_secret", "PASSWORD", "api_key",
        "apiKey", "X-Api-Key", "key", "x-account-key", "Cookie", "credentials",
    ],
)  # fmt: skip
def test_a_value_with_a_secret_s_name_is_never_written(name: str, pretty: bool) -> None:
    """Whatever the case and the spelling, at the top, in an object and in a list."""
    stream = logged(pretty=pretty)

    structlog.get_logger().info(
        "event", **{name: HUSH}, deep={"a": {name: HUSH}}, rows=[{name: HUSH}, ({name: HUSH},)]
    )

    assert "event" in stream.getvalue()
    assert HUSH not in stream.getvalue()


@pytest.mark.parametrize("pretty", [False, True])
def test_a_secret_is_never_written_whatever_its_name(pretty: bool) -> None:
    """A Secret stays one in a log line."""
    stream = logged(pretty=pretty)

    structlog.get_logger().info("event", harmless=Secret(HUSH), rows=[Secret(HUSH)])

    assert HUSH not in stream.getvalue()


def test_other_values_are_written() -> None:
    """One JSON object a line, with level and instant."""
    stream = logged()

    structlog.get_logger().info("request", path="/graphql", status=200, keys=3, monkey="a")

    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request", "level": "info", "path": "/graphql", "status": 200, "keys": 3, "monkey": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "\u00e9\n\u2028",
        "\ud800",
        2**80,
        1.5,
        True,
        None,
        [1, "a"],
        {"a": (1,)},
        b"bytes",
        Secret(HUSH),
    ],
)
def test_every_value_has_a_line_in_ascii(value: object) -> None:
    """The fast way and the thorough one write alike: one line, of which JSON makes the same."""
    stream = logged()

    structlog.get_logger().info("event", value=value)

    line = stream.getvalue()
    assert line.isascii()
    assert line.count("\n") == 1
    assert '"event": "event"' in line
    if isinstance(value, str | int | float | list | None):
        assert json.loads(line)["value"] == value


def test_a_ready_logger_follows_the_setting_up() -> None:
    """Whoever holds one writes to where logs go now, and is heard by whoever captures them."""
    lines = Lines("edge")
    first = logged()
    lines.logger.info("one")
    second = logged()
    lines.logger.info("two")
    with capture_logs() as captured:
        lines.logger.info("three")

    assert [json.loads(each.getvalue())["event"] for each in (first, second)] == ["one", "two"]
    assert [each["event"] for each in captured] == ["three"]


def _fail() -> None:
    token = HUSH
    raise ValueError(f"cannot use a token of {len(token)} letters")


@pytest.mark.parametrize("pretty", [False, True])
def test_a_traceback_shows_places_and_no_local_values(pretty: bool) -> None:
    """Where it went wrong and what was said is logged; what the variables held is not."""
    stream = logged(pretty=pretty)
    try:
        _fail()
    except ValueError as error:
        structlog.get_logger().error("unexpected error", exc_info=error)

    text = stream.getvalue()
    assert "_fail" in text
    assert "cannot use a token of 9 letters" in text
    assert HUSH not in text


def test_a_level_that_is_not_asked_for_is_left_out() -> None:
    """Debug lines cost nothing in production."""
    stream = logged()

    structlog.get_logger().debug("event")

    assert stream.getvalue() == ""


def test_drift_is_counted_by_provider_kind_and_name() -> None:
    """The same thing again raises its count; another is another row."""
    drift = Drift()
    drift.count("kashoo", "unknown_word", "status: paused")
    drift.count("accountsos", "malformed_value", "date")
    drift.count("kashoo", "unknown_word", "status: paused")

    assert drift.seen() == [
        Drifted("accountsos", "malformed_value", "date", 1),
        Drifted("kashoo", "unknown_word", "status: paused", 2),
    ]


def test_drift_is_bounded() -> None:
    """New names beyond the bound are counted together, known ones go on; a long name is cut."""
    drift = Drift(names_max=2, name_characters_max=5)
    for name in ("a" * 50, "b", "c", "d", "b", "a" * 5):
        drift.count("kashoo", "unknown_field", name)

    assert drift.seen() == [
        Drifted("kashoo", "unknown_field", "aaaaa", 2),
        Drifted("kashoo", "unknown_field", "b", 2),
        Drifted("kashoo", "unknown_field", "…", 2),
    ]


def test_the_straight_way_writes_the_same_line() -> None:
    """As the logger does: names, order, text and all; at its level and in its form."""
    told = {
        "method": "POST",
        "path": "/gräphql",
        "status": 200,
        "client": None,
        "ms": 0.1,
        "request_id": "r-1",
    }
    for pretty in (False, True):
        stream, lines = logged(pretty=pretty), Lines("here")
        lines.logger.info("request", **told)
        lines.info("request", dict(told))
        lines.like("request", {name: told[name] for name in ("method", "path", "status", "client")})(
            0.1, "r-1"
        )
        by_logger, straight, like = (_undated(line) for line in stream.getvalue().splitlines())
        assert straight == like == by_logger
        assert "request" in straight
    stream, lines = logged(level=logging.WARNING), Lines("here")
    line = lines.like("request", {"status": 200})
    lines.info("request", dict(told))
    line(0.1, "r-1")
    assert stream.getvalue() == ""
    logged()
    with capture_logs() as captured:
        lines.info("request", dict(told))
        line(0.1, "r-1")
    assert captured[0] == {**told, "event": "request", "log_level": "info"}
    assert captured[1] == {
        "status": 200,
        "ms": 0.1,
        "request_id": "r-1",
        "event": "request",
        "log_level": "info",
    }
    stream = logged()
    line(0.1, "r-2")
    assert json.loads(stream.getvalue())["request_id"] == "r-2"


def _undated(line: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "then", line)
