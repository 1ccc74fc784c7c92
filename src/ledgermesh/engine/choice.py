"""Which of a provider's writes a change means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledgermesh.errors import Unsupported
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.resource import Resource
from ledgermesh.spec.write import Compose, Part, Target, Values, Write


def ways(provider: Provider, kind: str, verb: str) -> Iterator[Write | Compose]:
    """Every way in which the provider takes this verb of this kind."""
    return (each for each in provider.writes if (each.kind, each.verb) == (kind, verb))


def choose_one(provider: Provider, part: Part) -> Write:
    """The single request for a part of a change; raises Unsupported where there is none."""
    if part.resource:
        found: Write | Compose | None = named(provider, part.kind, part.verb, part.resource)
    else:
        singles = [each for each in ways(provider, part.kind, part.verb) if isinstance(each, Write)]
        found = _fitting(provider, singles, part.kind, part.values, part.target)
    if not isinstance(found, Write):
        raise Unsupported(
            f"{provider.title} takes no {part.verb} of {part.kind} as a part of another change."
        )
    return found


def choose(
    provider: Provider, kind: str, verb: str, values: Values, target: Target | None
) -> Write | Compose:
    """The way for these values; raises Unsupported where there is none."""
    found = list(ways(provider, kind, verb))
    if not found:
        raise Unsupported(
            f"{provider.title} takes no {verb} of {kind}.", details={"kind": kind, "verb": verb}
        )
    fitting = _fitting(provider, found, kind, values, target)
    if fitting is None:
        words = f"{provider.title} takes no {verb} of {kind} with these values."
        raise Unsupported(words, details={"kind": kind, "verb": verb})
    return fitting


def _fitting(
    provider: Provider, found: Sequence[Write | Compose], kind: str, values: Values, target: Target | None
) -> Write | Compose | None:
    own = resource_of(provider, kind, target.native_id) if target is not None else None
    for each in found:
        place = each.resource if isinstance(each, Write) else ""
        if (not place or own is None or place == own.name) and each.applies(values):
            return each
    return None


def named(provider: Provider, kind: str, verb: str, resource: str) -> Write | None:
    """The single request of a verb in one place of the provider."""
    words = (kind, verb, resource)
    found = (each for each in provider.writes if isinstance(each, Write))
    return next((each for each in found if (each.kind, each.verb, each.resource) == words), None)


def resource_of(provider: Provider, kind: str, native_id: str, name: str | None = None) -> Resource | None:
    """The resource that a record of this id is in; `name` where it is known already."""
    found = [each for each in provider.resources if each.kind == kind]
    if name is None:
        name = own_part(found, native_id).partition(":")[0]
    named = [each for each in found if each.name and each.name == name]
    return next(iter(named), next((each for each in found if not each.name), next(iter(found), None)))


def own_part(resources: list[Resource], native_id: str) -> str:
    """An id without its parent's."""
    below = any(each.children is not None for each in resources)
    return native_id.partition("-")[2] if below and "-" in native_id else native_id


def split(resource: Resource | None, native_id: str) -> tuple[str, str]:
    """The parent's id and the provider's own of a record's id; the parent's is empty where there is none."""
    if resource is None:
        return "", native_id
    parent, own = "", native_id
    if resource.children is not None:
        parent, _, own = native_id.partition("-")
    return parent, own.removeprefix(f"{resource.name}:") if resource.name else own
