"""Reading at moments that break calendars: the ends of a year, and the hours that clocks leave out or repeat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from ledgermesh.graph.kinds import NAMES
from ledgermesh.model.mapped import read_all
from tests.contract.fields import shown
from tests.contract.known import PROVIDERS
from tests.contract.reading import all_of
from tests.contract.stand import rig, standing

MOMENTS = {
    "last second of a year": dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    "first second of a year": dt.datetime(2027, 1, 1, 0, 0, 1, tzinfo=dt.UTC),
    "before the hour that spring leaves out": dt.datetime(2026, 3, 29, 0, 59, 59, tzinfo=dt.UTC),
    "within the hour that autumn repeats": dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC),
    "leap day": dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("name", sorted(PROVIDERS))
async def test_every_kind_is_read_at_any_moment(name: str, moment: dt.datetime) -> None:
    """Records of every kind, none left out, none with a finding; nothing is fetched in the future."""
    provider = PROVIDERS[name]
    async with standing(name, now=moment) as stand:
        for kind in (kind for kind in NAMES if any(each.kind == kind for each in provider.resources)):
            whole = await all_of(stand, kind)
            assert whole.rows, kind
            assert not whole.rejected, kind
            for row in whole.rows[:40]:
                read_all(row)
                assert row.__dict__["_findings"] == [], kind
                fetched_at: dt.datetime = row.__dict__["_origin"].fetched_at
                assert moment <= fetched_at <= stand.clock.now()


MODES = [
    pytest.param(name, switches, id=f"{name}-{mode}")
    for name in sorted(PROVIDERS)
    for mode, switches in rig(name).MODES.items()
]


@pytest.mark.parametrize(("name", "switches"), MODES)
async def test_a_provider_that_writes_otherwise_says_the_same(
    name: str, switches: Mapping[str, object]
) -> None:
    """Dates as objects or texts, amounts as numbers or texts, pages short or full: the same records in every mode."""
    async with standing(name) as stand:
        kinds = [kind for kind in NAMES if any(each.kind == kind for each in stand.provider.resources)]
        usual = {
            kind: {row.native_id: shown(row) for row in (await all_of(stand, kind)).rows} for kind in kinds
        }
        for switch, value in switches.items():
            assert hasattr(stand.emulator.switches, switch)  # type: ignore[attr-defined]  # rigs know their emulator
            setattr(stand.emulator.switches, switch, value)  # type: ignore[attr-defined]  # as above
        stand.line.lax = True
        for kind in kinds:
            other = {row.native_id: shown(row) for row in (await all_of(stand, kind)).rows}
            assert other == usual[kind], kind


def test_modes_are_there_to_be_tried() -> None:
    """Both date forms of Kashoo and of TrulySmall, and numbers as texts of Boss Insights, are among them."""
    assert {each.values[0] for each in MODES} >= {"kashoo", "trulysmall", "bossinsights"}
