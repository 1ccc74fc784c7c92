"""What a person sent in: bounded, as text, and what is wrong with it by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from ledgermesh.errors import BadInput
from ledgermesh.state.base import Secret
from ledgermesh.upstream.linking.places import VALUE_CHARACTERS_MAX, checked, needed
from ledgermesh.upstream.linking.target import Target
from ledgermesh.upstream.linking.ways import SECRET_CHARACTERS_MAX, Way, settings_before

BODY_BYTES_MAX = 100_000
FIELDS_MAX = 50
SETTING = "setting."
"""Before the names of settings, which could be the same as those of credentials."""


@dataclass(frozen=True)
class Given:
    """The fields of a form, by name."""

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> str:
        """A field without blanks around it; empty when it is not there."""
        return self.fields.get(name, "").strip()


async def given(request: Request) -> Given:
    """The form of a POST; what is larger than any form of ours, or no form, is empty."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return Given()
    try:
        pairs = parse_qsl(bytes(body).decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return Given()
    return Given(dict(pairs))


def credentials(way: Way, form: Given) -> tuple[dict[str, Secret], dict[str, str]]:
    """What was typed of a way's fields, and the key of what is wrong with each."""
    found, wrong = {}, {}
    for ask in way.asks:
        # A password may begin or end with a blank.
        text = form.fields.get(ask.name, "") if ask.secret else form.get(ask.name)
        if not text.strip():
            if ask.required:
                wrong[ask.name] = "error_missing"
            continue
        if len(text) > SECRET_CHARACTERS_MAX or not text.isprintable() or _strange(ask.options, text):
            wrong[ask.name] = "error_field"
        found[ask.name] = Secret(text)
    return found, wrong


def typed_settings(target: Target, form: Given) -> tuple[dict[str, str], dict[str, str]]:
    """The same for the settings that stand beside a way."""
    found, wrong, host = {}, {}, needed(target.template)
    for setting, required in settings_before(target):
        name = SETTING + setting.name
        text = form.get(name)
        if not text and not required:
            continue
        try:
            found[setting.name] = checked(setting, setting.name, text, of_host=setting.name in host)
        except BadInput:
            wrong[name] = "error_field" if text else "error_missing"
    return found, wrong


def echoed(target: Target, way: Way | None, form: Given) -> dict[str, str]:
    """What a form shows again: nothing secret, and known settings where nothing was typed."""
    shown = {SETTING + name: value for name, value in target.settings.items()}
    for setting, _ in settings_before(target):
        if text := form.get(SETTING + setting.name):
            shown[SETTING + setting.name] = text[:VALUE_CHARACTERS_MAX]
    if way is not None:
        shown |= {ask.name: form.get(ask.name)[:VALUE_CHARACTERS_MAX] for ask in way.asks if not ask.secret}
    return shown


def _strange(options: tuple[tuple[str, str], ...], text: str) -> bool:
    return bool(options) and text not in {value for value, _ in options}
