"""Settings of figures and traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledgermesh.edge.figures import Readers
from ledgermesh.errors import ConfigurationError
from ledgermesh.settings import read_settings
from ledgermesh.settings.telemetry import to_readers, unreadable
from ledgermesh.state.base import Secret

TOKEN = "a token that is long enough"
NAME = "LEDGERMESH_TELEMETRY__"


@pytest.mark.parametrize(
    ("environ", "readers"),
    [
        ({}, Readers()),
        ({"METRICS": "open"}, Readers(loopback=False, everybody=True)),
        ({"METRICS": "off"}, None),
        ({"METRICS_TOKEN": TOKEN}, Readers(token=Secret(TOKEN))),
        ({"METRICS": "token", "METRICS_TOKEN": TOKEN}, Readers(loopback=False, token=Secret(TOKEN))),
    ],
)
def test_who_may_read_the_figures(environ: dict[str, str], readers: Readers | None) -> None:
    """This machine, unless something else is said; a token opens them from anywhere."""
    settings = read_settings({f"{NAME}{name}": value for name, value in environ.items()})

    assert list(unreadable(settings)) == []
    assert to_readers(settings.telemetry) == readers


def test_the_token_may_stand_in_a_file(tmp_path: Path) -> None:
    """As other secrets may."""
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n", encoding="utf-8")
    settings = read_settings({f"{NAME}METRICS_TOKEN_FROM_FILE": str(path)})

    assert to_readers(settings.telemetry) == Readers(token=Secret(TOKEN))


@pytest.mark.parametrize(
    ("environ", "wrong"),
    [
        ({"METRICS": "token"}, "telemetry.metrics: there is no token"),
        ({"METRICS_TOKEN": "short"}, "telemetry.metrics_token: is at least 16 characters"),
        ({"METRICS_TOKEN": ""}, "telemetry.metrics_token: is empty"),
        ({"METRICS_TOKEN_FROM_FILE": "nowhere"}, "telemetry.metrics_token: is empty, or its file"),
        (
            {"METRICS_TOKEN": TOKEN, "METRICS_TOKEN_FROM_FILE": "nowhere"},
            "telemetry.metrics_token: give it or",
        ),
    ],
)
def test_what_cannot_be_used_is_named(environ: dict[str, str], wrong: str) -> None:
    """One line, without the value."""
    settings = read_settings({f"{NAME}{name}": value for name, value in environ.items()})

    [line] = unreadable(settings)
    assert line.startswith(wrong)
    assert TOKEN not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [("METRICS", "sometimes"), ("SAMPLE_RATIO", "1.5"), ("OTLP_ENDPOINT", "c:4317/hush?hush")],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: str) -> None:
    """By the name of the setting; the value is not repeated."""
    with pytest.raises(ConfigurationError) as wrong:
        read_settings({f"{NAME}{name}": value})

    assert f"telemetry.{name.lower()}" in str(wrong.value)
    assert value not in str(wrong.value)
