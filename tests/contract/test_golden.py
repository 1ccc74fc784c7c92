"""Answers as the providers' public documents show them, and exactly what each of them reads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.golden import FOLDER, golden_of, rendered, wires
from tests.contract.known import PROVIDERS


@pytest.mark.parametrize(
    "wire", [pytest.param(wire, id=f"{wire.parents[1].name}-{wire.stem}") for wire in wires()]
)
def test_an_answer_reads_to_its_golden_file(wire: Path) -> None:
    """Byte for byte: every mapped field, amounts as their exact text, findings and rejected records."""
    assert rendered(wire).decode() == golden_of(wire).read_text("utf-8")


def test_no_golden_file_is_left_over() -> None:
    """Every golden file has its wire file."""
    assert {golden_of(wire) for wire in wires()} == set(FOLDER.glob("*/golden/*.json"))


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_every_kind_of_every_provider_is_shown(name: str) -> None:
    """A resource or a report without a wire file is a mapping that nobody looked at."""
    shown = {text for wire in (FOLDER / name / "wire").glob("*.json") for text in _reads(wire)}
    provider = PROVIDERS[name]
    kinds = {f"{each.kind}/{each.name}" if each.name else each.kind for each in provider.resources}
    assert kinds | {each.report for each in provider.reports} <= shown


def _reads(wire: Path) -> list[str]:
    line = next(line for line in wire.read_text("utf-8").splitlines() if '"reads"' in line)
    return [line.split('"')[3].split()[1]]
