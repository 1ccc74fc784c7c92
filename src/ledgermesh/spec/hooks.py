"""How a provider's notifications are read: which field says what, and why it can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from ledgermesh.spec.resource import Resource

WORD_MAX: Final = 64
ID_MAX: Final = 128
IDS_MAX: Final = 100
"""Records that one notification is taken to name; one that names more is about the whole kind."""


class UrlSecret(Struct, frozen=True):
    """Nothing signs it. A secret in its address says which connection it is about; what it says of records is not
    believed but read again.
    """


class Hooks(Struct, frozen=True, kw_only=True):
    """Paths are dotted, in the JSON object that is posted. Whatever is not there is read as not said."""

    proof: UrlSecret = UrlSecret()
    event: str
    """Path to the provider's word for what happened."""
    account: str = ""
    """Path to the provider's name of the company."""
    account_setting: str = ""
    """The connection's setting that holds the same name: a notification about another company has no effect."""
    object: str = ""
    """Path to the word for the kind of record: that of the path below which such records are listed."""
    ids: str = ""
    """Path to the record's id, or to a list of them."""
    assumed: str = ""
    """What no document says about it."""


class Named(Struct, frozen=True):
    """A record as a notification names it."""

    kind: str
    native_id: str


class Notice(Struct, frozen=True):
    """What one notification says."""

    event: str
    account: str
    """Empty where it does not say."""
    kinds: tuple[str, ...]
    """Kinds of record that may have changed; empty where it may be any."""
    records: tuple[Named, ...]
    """Records that it names; empty where it names none, or too many."""


def read_notice(hooks: Hooks, document: Mapping[str, Any], resources: Iterable[Resource]) -> Notice:
    """What a notification says of these kinds of record. Never raises: what cannot be understood says nothing."""
    meant = _meant(_word(_at(document, hooks.object), WORD_MAX), resources)
    ids = list(_ids(_at(document, hooks.ids)))
    few = len(ids) <= IDS_MAX
    return Notice(
        event=_word(_at(document, hooks.event), WORD_MAX),
        account=_word(_at(document, hooks.account), ID_MAX),
        kinds=tuple(dict.fromkeys(resource.kind for resource in meant)),
        records=tuple(Named(each.kind, _native(each, id)) for each in meant for id in ids) if few else (),
    )


def problems_of_hooks(hooks: Hooks, settings: Iterable[str]) -> Iterator[str]:
    """What is wrong with them, as ends of sentences; `settings` are the names that the provider declares."""
    if bool(hooks.account) != bool(hooks.account_setting):
        yield "`account` and `account_setting` belong together; give both or neither"
    if hooks.account_setting and hooks.account_setting not in settings:
        yield f"needs {hooks.account_setting!r}; declare it under `settings`"


def _meant(word: str, resources: Iterable[Resource]) -> Sequence[Resource]:
    """The resources that a word means; several where a provider keeps several of our kinds in one list."""
    lists = [(each.list, each) for each in resources]
    return [each for list, each in lists if word and list is not None and list.path == f"/{word}"]


def _native(resource: Resource, id: str) -> str:
    return f"{resource.name}:{id}" if resource.name else id


def _ids(found: object) -> Iterator[str]:
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, int) and not isinstance(each, bool):
            yield str(each)
        elif id := _word(each, ID_MAX):
            yield id


def _word(found: object, characters_max: int) -> str:
    """Text that may be passed on; empty for anything else."""
    fits = isinstance(found, str) and len(found) <= characters_max and found.isprintable()
    return str(found) if fits else ""


def _at(document: object, path: str) -> object:
    for key in path.split(".") if path else ():
        document = document.get(key) if isinstance(document, Mapping) else None
    return document if path else None
