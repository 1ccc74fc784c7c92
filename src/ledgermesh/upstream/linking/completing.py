"""What is still open once credentials let us in: settings that the provider tells, a person chooses, or must give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledgermesh.errors import LedgermeshError, NeedsConfig
from ledgermesh.spec.auth import Auth
from ledgermesh.spec.provider import Setting
from ledgermesh.state.base import Grant
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.line import Line
from ledgermesh.upstream.linking.places import wrong
from ledgermesh.upstream.linking.trying import Choice, choices, try_out


@dataclass(frozen=True, kw_only=True)
class Open:
    """What a person has to answer; nothing when both are empty."""

    link: Link
    """With the settings that are known by now."""
    choose: tuple[tuple[Setting, tuple[Choice, ...]], ...] = ()
    ask: tuple[Setting, ...] = field(default=())

    @property
    def done(self) -> bool:
        """Whether the connection can be kept."""
        return not self.choose and not self.ask


async def look(
    line: Line, link: Link, auth: Auth, grant: Grant, chosen: Mapping[str, str] | None = None
) -> Open:
    """Try the credentials and see what is open. `chosen` is what a person just picked.

    Raises what a refusal means; BadInput for a value that cannot be chosen; NeedsConfig where these credentials reach
    nothing to choose, or not what the connection is for.
    """
    await try_out(line, link, auth, grant)
    found = Open(link=link)
    for setting in link.provider.settings:
        if setting.choose is not None:
            found = await _look(line, found, auth, grant, setting, (chosen or {}).get(setting.name))
    missing = tuple(
        each
        for each in link.provider.settings
        if each.required and each.choose is None and each.name not in found.link.settings
    )
    return replace(found, ask=missing)


async def _look(
    line: Line, found: Open, auth: Auth, grant: Grant, setting: Setting, chosen: str | None
) -> Open:
    known = found.link.settings.get(setting.name)
    if known is not None and not setting.required:
        return found
    try:
        offered = await choices(line, found.link, auth, grant, setting)
    except LedgermeshError:
        if setting.required:
            raise
        return found
    if known is not None:
        return _with(found, _same(found.link, setting, offered, known))
    if chosen is not None:
        return _with(found, _picked(setting, offered, chosen))
    if len(offered) == 1:
        return _with(found, (setting, offered[0]))
    if not setting.required:
        return found
    if not offered:
        raise NeedsConfig(
            f"These credentials for {found.link.provider.title} reach no {setting.name}.",
            details={"field": setting.name, "step": "link", "reaches": "nothing"},
        )
    return replace(found, choose=(*found.choose, (setting, offered)))


def _same(link: Link, setting: Setting, offered: tuple[Choice, ...], known: str) -> tuple[Setting, Choice]:
    for choice in offered:
        if choice.value == known:
            return setting, choice
    raise NeedsConfig(
        f"These credentials for {link.provider.title} do not reach the {setting.name} of this connection.",
        details={"field": setting.name, "step": "link", "reaches": "another"},
    )


def _picked(setting: Setting, offered: tuple[Choice, ...], chosen: str) -> tuple[Setting, Choice]:
    for choice in offered:
        if choice.value == chosen:
            return setting, choice
    raise wrong(setting.name, "is none of those to choose from")


def _with(found: Open, taken: tuple[Setting, Choice]) -> Open:
    """What a person or the tenant said of other settings counts more than what the row says."""
    setting, choice = taken
    settings = {**choice.also, **found.link.settings, setting.name: choice.value}
    return replace(found, link=replace(found.link, settings=settings))
