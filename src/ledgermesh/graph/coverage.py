"""Which provider has which record and verb, as a page of Markdown: what `schema/COVERAGE.md` holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.writes.catalogued import assumptions, unwritten
from ledgermesh.model.enums import OriginKind
from ledgermesh.model.platform import Capability, Provider, Support
from ledgermesh.spec.provider import Provider as Definition

HEAD = """\
# Coverage

Printed from the provider definitions by `ledgermesh schema`; a test compares it with them. What is not here is
answered with the verdict `UNSUPPORTED` and the reason below, never with an empty list.

| word | meaning |
|---|---|
| yes | read from the provider as it stands; of a change: taken by the provider |
| partial | with the restriction given below |
| derived | the provider has no such records; they are made of other answers of it and say so in `source.origin.kind` |
| soft, hard, void | of deleting and voiding: the record stays readable, is gone, stays and counts for nothing |
| no | not available; the reason stands below |
"""


def coverage(definitions: Mapping[str, Definition]) -> str:
    """The page: a table of provider, record and verb, then each provider's reasons and what it filters and sorts."""
    providers = catalogue(definitions)
    parts = [HEAD, "## Records", "", *_table(list(providers.values()))]
    for name, provider in providers.items():
        parts += ["", *_provider(definitions[name], provider.capabilities)]
    return "\n".join(parts) + "\n"


def _table(providers: list[Provider]) -> Iterator[str]:
    yield _row(["record", "verb", *(provider.title for provider in providers)])
    yield _row(["---"] * (2 + len(providers)))
    for same in zip(*(provider.capabilities for provider in providers), strict=True):
        yield _row([same[0].record, same[0].verb.value.lower().replace("_", " "), *map(_word, same)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _word(capability: Capability) -> str:
    if capability.support is Support.NONE:
        return "no"
    words = []
    if capability.origin is OriginKind.DERIVED:
        words.append("derived")
    if capability.support is Support.PARTIAL:
        words.append("partial")
    if capability.delete is not None:
        words.append(capability.delete.value.lower())
    return ", ".join(words) or "yes"


def _provider(definition: Definition, capabilities: list[Capability]) -> Iterator[str]:
    yield f"## {definition.title}"
    yield ""
    kinds = ", ".join(kind.value for kind in definition.kinds)
    yield f"`{definition.name}`, {kinds}. Compared with {definition.docs_url} on {definition.checked_on}."
    yield from _listed("Why not, or only partly:", _reasons(capabilities))
    yield from _listed("What it filters and sorts itself; the rest is done here:", _pushed(capabilities))
    yield from _listed("What it tells that no field carries; `source.raw` shows it:", _left_out(definition))
    yield from _listed("What it can be asked and is not:", _unasked(definition))
    yield from _listed("What it can change and nothing here does:", unwritten(definition))
    yield from _listed("What no document of it says about changes:", _assumed(definition, capabilities))


def _assumed(definition: Definition, capabilities: list[Capability]) -> Iterator[str]:
    yield from assumptions(capabilities)
    closing = definition.closing
    if closing is not None and closing.assumed:
        yield f"{closing.assumed} ({', '.join(closing.dates)})"


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", title, "", *(f"- {line}" for line in found))


def _reasons(capabilities: Iterable[Capability]) -> Iterator[str]:
    """One line a reason, with every record and verb it is the reason of."""
    told: dict[str, dict[str, list[str]]] = {}
    for each in capabilities:
        if each.reason is not None:
            told.setdefault(each.reason, {}).setdefault(each.record, []).append(each.verb.value.lower())
    for reason, records in told.items():
        whose = ", ".join(f"{record} {' and '.join(verbs)}" for record, verbs in records.items())
        yield f"{reason} ({whose})"


def _left_out(definition: Definition) -> Iterator[str]:
    """One line a reason, with the fields of the provider's documents that it is the reason of."""
    told: dict[str, dict[str, None]] = {}
    for resource in definition.resources:
        for path, reason in resource.omitted.items():
            told.setdefault(reason, {})[f"{resource.kind} `{path}`"] = None
    yield from (f"{reason} ({', '.join(fields)})" for reason, fields in told.items())


def _unasked(definition: Definition) -> Iterator[str]:
    yield from (f"`GET {path}`: {reason}" for path, reason in definition.omitted.items())


def _pushed(capabilities: Iterable[Capability]) -> Iterator[str]:
    seen: set[str] = set()
    for each in capabilities:
        filters = [field.name for field in each.fields if field.filter_pushed_down]
        sorts = [field.name for field in each.fields if field.sort_pushed_down]
        if each.record in seen or not (filters or sorts):
            continue
        seen.add(each.record)
        said = [("filters", filters), ("sorts", sorts)]
        yield f"{each.record}: " + "; ".join(f"{word} {', '.join(names)}" for word, names in said if names)
