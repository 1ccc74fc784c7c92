"""How a connection stands after a call was let in, or was not. Nothing here waits."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import cast

from msgspec import Struct

from ledgermesh.errors import LinkError, MissingScope, NeedsConfig, OnHold, Paused, Reconnect
from ledgermesh.state.entries import Environment, Standing, State, place
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.tokens import Seen

PROBE_SECONDS = 60.0
"""Before the first probe; each that fails doubles it."""
PROBE_SECONDS_MAX = 3_600.0
"""Also before every probe of a lapsed subscription."""

OPEN: tuple[State, ...] = ("ACTIVE", "ERROR")
STATES: dict[type[LinkError], State] = {
    Reconnect: "NEEDS_REAUTH",
    MissingScope: "NEEDS_REAUTH",
    NeedsConfig: "NEEDS_CONFIG",
    Paused: "PAUSED",
}
BY_CODE: dict[str, type[LinkError]] = {kind.code: kind for kind in STATES} | {OnHold.code: OnHold}
BY_STATE: dict[State, type[LinkError]] = {"NEEDS_CONFIG": NeedsConfig, "PAUSED": Paused}


class Showed(Struct, frozen=True):
    """What a call came upon."""

    link: Link
    seen: Seen
    now: dt.datetime
    last_good_at: dt.datetime | None


def refused(link: Link, standing: Standing) -> LinkError:
    """The error that led to a standing, once more, without asking the provider."""
    kind = BY_CODE.get(standing.code) or BY_STATE.get(standing.state, Reconnect)
    message = standing.reason or f"{link.provider.title} is not linked."
    return refusal(kind, message, retry_at=standing.probe_at if kind is Paused else None)


def worse(before: Standing | None, *, showed: Showed, error: LinkError, probe: int | None) -> Standing | None:
    """The standing after the provider did not let us in. What somebody else decided stays.

    `probe` counts the probes of this grant, this one included, 0 for the first after linking again; None for a call
    that was none.
    """
    state = next(state for kind, state in STATES.items() if isinstance(error, kind))
    again = before is not None and before.state == state
    if before is not None and _settled(before, showed.seen, same=again and probe is None):
        return before
    tries = (probe or 0) if again else 0
    seconds = PROBE_SECONDS_MAX if state == "PAUSED" else min(PROBE_SECONDS * 2.0**tries, PROBE_SECONDS_MAX)
    return replace(
        _standing(showed.link, state, before.since if before is not None and again else showed.now),
        reason=error.message,
        code=error.code,
        probe_at=showed.now + dt.timedelta(seconds=seconds),
        tries=tries,
        grant_version=showed.seen.version,
        expires_at=showed.seen.ends_at,
        last_good_at=showed.last_good_at or (before.last_good_at if before is not None else None),
    )


def _settled(before: Standing, seen: Seen, *, same: bool) -> bool:
    """Whether a call that was not let in says nothing new."""
    if before.state not in OPEN and before.probe_at is None:
        return True  # not linked, disconnected, or paused by an administrator
    return before.grant_version > seen.version or (same and before.grant_version == seen.version)


def well(before: Standing | None, *, showed: Showed) -> Standing | None:
    """The standing after a probe that was let in. What somebody else decided stays."""
    if before is None or before.state in OPEN or before.probe_at is None:
        return before
    if before.grant_version > showed.seen.version:
        return before
    return replace(
        _standing(showed.link, "ACTIVE", showed.now),
        grant_version=showed.seen.version,
        expires_at=showed.seen.ends_at,
        last_good_at=showed.last_good_at,
    )


def ending(before: Standing | None, *, showed: Showed) -> Standing | None:
    """The standing that says when the sign-in ends for good, or no longer says so."""
    if before is not None and before.state not in OPEN:
        return before
    return replace(before or _standing(showed.link, "ACTIVE", showed.now), expires_at=showed.seen.ends_at)


def of_the_whole(error: LinkError) -> bool:
    """Whether an error concerns all of the connection."""
    # A permission that one endpoint wants says nothing of the others; one that the sign-in wants does.
    return not isinstance(error, MissingScope) or error.details.get("step") == "sign in"


def _standing(link: Link, state: State, since: dt.datetime) -> Standing:
    environment = cast("Environment", link.environment)
    return Standing(environment=environment, connection=link.connection, state=state, since=since)


def place_of(link: Link) -> str:
    """Where its standing is kept."""
    return place(Standing.kind, link.environment, link.connection)
