"""Documents that a request names instead of sending: those the operator trusts, and those sent once before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from cachetools import LRUCache
from msgspec import Struct, field

from ledgermesh.edge.incoming import SHA256, Params
from ledgermesh.errors import BadInput, ConfigurationError, Forbidden, NotFound
from ledgermesh.state.registry import Principal

SHA256_PREFIX: Final = "sha256:"
MANIFEST: Final = "apollo-persisted-query-manifest"
"""The word by which a manifest of Apollo's form is known."""
HOLDERS_MAX: Final = 64
"""Tenants whose documents are kept at once; who was not heard of for longest goes first."""

Holder = tuple[str, str]
"""Environment and tenant: what one sends is nothing that another can ask for."""


class DocumentUnknown(NotFound):
    """No document with this id or hash is known; a client that can send the text as well now does."""

    code = "PERSISTED_QUERY_NOT_FOUND"
    remedy = "Send the document's text together with its hash."


class HashesUnsupported(BadInput):
    """Automatically persisted queries are switched off."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    remedy = "Send the document's text without a hash."


class DocumentUntrusted(Forbidden):
    """This gateway runs the documents of its operator and no others."""

    code = "DOCUMENT_NOT_TRUSTED"
    remedy = "Ask the operator to add the document; send its id as `documentId`."


class Trusted(Struct, frozen=True):
    """Documents that the operator trusts."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """By every id that names one."""
    only: bool = False
    """Whether nothing else runs. A text that is one of them to the letter does."""


def read_trusted(path: Path, *, only: bool = False) -> Trusted:
    """The documents of a folder of `*.graphql` files, or of a manifest in JSON: `{id: text}`, or of Apollo's form.

    A file's name without its ending is an id, and so are a text's SHA-256 and `sha256:` before that. Raises
    ConfigurationError for what cannot be read, for no documents, and for ids of which one means two documents.
    """
    try:
        named = _folder(path) if path.is_dir() else _manifest(path.read_bytes())
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"trusted documents: {path} cannot be read: {error}") from error
    if not named:
        raise ConfigurationError(f"trusted documents: there are none in {path}")
    texts: dict[str, str] = {}
    for id, text in named.items():
        digest = sha256(text)
        for each in {id, digest, f"{SHA256_PREFIX}{digest}"}:
            if texts.setdefault(each, text) != text:
                raise ConfigurationError(f"trusted documents: {each} means two documents in {path}")
    return Trusted(texts, only)


class _Operation(Struct, frozen=True):
    """One entry of Apollo's form; its name and type are for people."""

    id: str
    body: str


class _Manifest(Struct, frozen=True):
    """Apollo's form, as `generate-persisted-query-manifest` writes it."""

    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[_Operation]


def _manifest(content: bytes) -> dict[str, str]:
    """The texts by their ids; raises ValueError and MsgspecError."""
    found = msgspec.json.decode(content)
    if not isinstance(found, dict) or "format" not in found:
        return msgspec.convert(found, dict[str, str])
    operations = msgspec.convert(found, _Manifest).operations
    texts: dict[str, str] = {}
    for each in operations:
        if texts.setdefault(each.id, each.body) != each.body:
            raise ValueError(f"{each.id} means two documents")
    return texts


def _folder(path: Path) -> dict[str, str]:
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(path.glob("*.graphql"))}


def sha256(text: str) -> str:
    """The hash by which a document is known, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


class Documents:
    """Finds the text that a request means."""

    def __init__(
        self,
        trusted: Trusted | None = None,
        *,
        automatic: bool = True,
        documents_max: int = 1_000,
        bytes_max: int = 1_000_000,
    ) -> None:
        """`automatic` keeps what callers send with a hash, up to `documents_max` and `bytes_max` for each tenant in
        each environment.
        """
        self._trusted = trusted or Trusted()
        self._automatic = automatic and not self._trusted.only
        self._documents_max = documents_max
        self._bytes_max = bytes_max
        self._kept: LRUCache[Holder, LRUCache[str, str]] = LRUCache(HOLDERS_MAX)

    def text(self, params: Params, who: Principal) -> str:
        """The document; raises DocumentUnknown, HashesUnsupported, DocumentUntrusted and BadInput."""
        if self._trusted.only:
            return self._only(params)
        if params.document_id is not None:
            return self._by_id(params.document_id, who)
        if params.sha256 is None:
            assert params.query is not None, "there is one of the three"
            return params.query
        return self._by_hash(params.sha256, params.query, who)

    def _only(self, params: Params) -> str:
        id = params.document_id or params.sha256
        found = self._trusted.texts.get(id if id is not None else sha256(params.query or ""))
        if found is None or (params.query is not None and params.query != found):
            raise DocumentUntrusted("this document is not among those that run here")
        return found

    def _by_id(self, id: str, who: Principal) -> str:
        found = self._trusted.texts.get(id)
        digest = id.removeprefix(SHA256_PREFIX)
        if found is None and SHA256.fullmatch(digest):
            found = self._find(digest.casefold(), who)
        if found is None:
            raise DocumentUnknown("PersistedQueryNotFound")
        return found

    def _by_hash(self, digest: str, query: str | None, who: Principal) -> str:
        known = self._trusted.texts.get(digest)
        if not self._automatic and known is None:
            raise HashesUnsupported("PersistedQueryNotSupported")
        if query is None:
            if (found := known or self._find(digest, who)) is None:
                raise DocumentUnknown("PersistedQueryNotFound")
            return found
        if sha256(query) != digest:
            raise BadInput("the document has another SHA-256", details={"field": "extensions"})
        if known is None:
            self._keep(digest, query, who)
        return query

    def _find(self, digest: str, who: Principal) -> str | None:
        kept = self._kept.get(_holder(who))
        return kept.get(digest) if kept is not None else None

    def _keep(self, digest: str, text: str, who: Principal) -> None:
        """Keep a text that is short enough; of the others the one that was asked for longest ago goes."""
        kept = self._kept.get(_holder(who))
        if kept is None:
            kept = self._kept[_holder(who)] = LRUCache(self._bytes_max, getsizeof=_bytes)
        if _bytes(text) > self._bytes_max:
            return
        kept[digest] = text
        while len(kept) > self._documents_max:
            kept.popitem()


def _holder(who: Principal) -> Holder:
    return who.key.environment, who.tenant.id


def _bytes(text: str) -> int:
    return len(text.encode())
