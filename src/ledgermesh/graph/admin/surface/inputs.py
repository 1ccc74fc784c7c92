"""What administrators give."""

from __future__ import annotations

import strawberry

from ledgermesh.graph.admin.words import wrong
from ledgermesh.model import declare
from ledgermesh.state.base import Secret


@declare.input_type(description="A setting of a connection; never secret.")
class SettingInput:
    name: str = strawberry.field(description="As the provider's definition calls it.")
    value: str = strawberry.field(description="What to set it to.")


@declare.input_type(description="One of the secrets that let a connection in.")
class SecretInput:
    name: str = strawberry.field(description="As the provider's way in calls it, for example `api_key`.")
    value: str = strawberry.field(description="Sealed at once, and never shown.")


@declare.input_type(
    description="How a tenant's connect pages look; what is left out is as the gateway has it."
)
class BrandingInput:
    name: str | None = strawberry.field(default=None, description="Instead of the tenant's name.")
    logo_url: str | None = strawberry.field(default=None, description="Of a logo, https.")
    colour: str | None = strawberry.field(
        default=None, description="Of buttons and links: `#` and six hexadecimal digits."
    )
    language: str | None = strawberry.field(
        default=None, description="`en`, `de` or `fr`, where the end user's browser does not say."
    )


def to_settings(given: list[SettingInput] | None) -> dict[str, str]:
    """Settings by name; raises BadInput for a name given twice."""
    found = {each.name: each.value for each in given or ()}
    if len(found) < len(given or ()):
        raise wrong("settings", "has a name twice")
    return found


def to_secrets(given: list[SecretInput]) -> dict[str, Secret]:
    """Secrets by name; raises BadInput for a name given twice."""
    found = {each.name: Secret(each.value) for each in given}
    if len(found) < len(given):
        raise wrong("secrets", "has a name twice")
    return found
