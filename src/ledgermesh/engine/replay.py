"""What is kept of a write under its key: how far it got, and how it ended. Ids, hashes and states; never books."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.engine.planned import Failure, Outcome, Plan, Step
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Kept, Store
from ledgermesh.state.claims import Claim
from ledgermesh.state.entries import place

KEPT_SECONDS: Final = 86_400.0
"""How long a key is remembered after the last that was done under it."""
STAMP_CHARACTERS: Final = 22
STAMP_KEY_CHARACTERS: Final = 11
"""Of a stamp, those that tell the key; the others tell the content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteKey:
    """What makes two requests the same write."""

    tenant: str
    environment: str
    connection: str
    client_key: str
    """The caller's name for it."""
    body_digest: str
    """Of what was asked for: the same key with another one is a conflict."""
    chosen: bool = True
    """Whether the caller chose it: a key that was made up just now was never used before."""

    @property
    def place(self) -> str:
        """Its key in the store; the caller's own text is hashed, because it may say anything."""
        return place("push", self.tenant, self.environment, self.connection, _digest(self.client_key)[:32])


def make_stamp(client_key: str, body_digest: str) -> str:
    """The 22 characters that a stamped record carries: the same key with other content shares the first 11."""
    return _letters(client_key, STAMP_KEY_CHARACTERS) + _letters(
        body_digest, STAMP_CHARACTERS - STAMP_KEY_CHARACTERS
    )


def plan_digest(plan: Plan) -> str:
    """What a plan would send, as a digest: equal for two plans that would have the same effect."""
    told = [plan.connection, plan.provider, plan.kind, plan.verb, plan.native_id, plan.result]
    return _digest(msgspec.json.encode([told, [_content(step) for step in plan.steps]]))


def shape(step: Step) -> str:
    """Which step it is, whatever it carries: how one that was planned anew is known again."""
    return _digest(msgspec.json.encode([step.kind, step.verb, step.method, step.template, step.native_id]))[
        :16
    ]


def _content(step: Step) -> list[object]:
    body = hashlib.sha256(step.body).hexdigest() if step.body is not None else None
    undo = _content(step.undo) if step.undo is not None else None
    return [step.kind, step.verb, step.method, step.path, step.query, step.headers, body, undo]


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _letters(text: str, count: int) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:count]


# -- notes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far one request got."""

    shape: str
    state: Literal["SENDING", "DONE"]
    """SENDING is written before the request leaves: whoever finds it cannot know whether it had its effect."""
    started_at: float
    """Epoch seconds of the first time it was sent."""
    id: int | str | None = None
    """As the provider's answer wrote it."""
    native_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Everything that is known of a write under one key."""

    digest: str
    fence: int
    """The number of the claim under which it was written."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """By the step's number; `0/undo` is what takes step 0 back. A step without one was never sent, or to no effect."""
    failure: Failure | None = None
    """Why it failed for good: its earlier steps are being taken back."""
    outcome: Outcome | None = None


class Overtaken(Exception):
    """Somebody else works under this key now: what was known here is out of date, and nothing may be sent."""


class Notes:
    """The notes of all keys."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def read(self, key: WriteKey) -> tuple[Note | None, int]:
        """The note and its version, 0 where there is none. Raises StateDown."""
        kept = await self._store.get(key.place)
        return _note(kept), kept.version if kept is not None else 0

    async def write(self, key: WriteKey, note: Note, *, expect: int) -> int:
        """Replace the version that is known; gives the new one. Raises Overtaken, or StateDown."""
        body = msgspec.json.encode(note)
        swapped = await self._store.swap(key.place, body, expect=expect, seconds=KEPT_SECONDS)
        if not swapped.won or swapped.kept is None:
            raise Overtaken(key.connection)
        return swapped.kept.version

    async def own(self, key: WriteKey, kind: str, native_id: str) -> bool:
        """Whether this record is the one that was made under this key, as far as anybody said before.

        Two writes of equal content are told apart by it: one record is never taken for the effect of both.
        Raises StateDown.
        """
        where = place("made", key.environment, key.connection, kind, native_id)
        mine = _digest(key.place).encode()
        swapped = await self._store.swap(where, mine, expect=0, seconds=KEPT_SECONDS)
        return swapped.won or (swapped.kept is not None and swapped.kept.value == mine)


class Progress:
    """One worker's hold on a note: every change is written before it counts."""

    def __init__(self, notes: Notes, key: WriteKey, claim: Claim, known: tuple[Note | None, int]) -> None:
        self._notes = notes
        self._key = key
        note, self._version = known
        self.note = note or Note(digest=key.body_digest, fence=claim.number)
        self.fence = claim.number
        """Of the claim that is held now; a renewed one has another."""

    @property
    def begun(self) -> bool:
        """Whether anything is written."""
        return self._version > 0

    async def take_over(self) -> None:
        """From now on nobody who knew the note before can write it."""
        await self.write(replace(self.note, outcome=None))

    def marked(self, name: str, mark: Mark | None) -> Note:
        """The note with another mark; None for a request that had no effect."""
        rest = {each: old for each, old in self.note.marks.items() if each != name}
        return replace(self.note, marks=rest if mark is None else {**rest, name: mark})

    async def write(self, note: Note) -> None:
        """Replace the note. Raises Overtaken, or StateDown; what is known here then stays as it was."""
        fenced = replace(note, fence=self.fence)
        self._version = await self._notes.write(self._key, fenced, expect=self._version)
        self.note = fenced

    async def tell(self, note: Note) -> None:
        """Replace the note by what is known already, whether or not others can be told now. Raises Overtaken."""
        try:
            await self.write(note)
        except StateDown:
            self.note = replace(note, fence=self.fence)


def _note(kept: Kept | None) -> Note | None:
    return msgspec.json.decode(kept.value, type=Note) if kept is not None else None
