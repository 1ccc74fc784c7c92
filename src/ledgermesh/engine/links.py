"""Links to files: sealed, short-lived, and good for one file of one record in the name of one key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import msgspec

from ledgermesh.errors import NotFound
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey

LASTS_SECONDS: Final = 300


class LinkEnded(NotFound):
    """A link to a file that is over, changed, or was never made here."""

    code = "LINK_ENDED"
    remedy = "Ask for `downloads` again: each link lasts a few minutes."


@dataclass(frozen=True, slots=True)
class FileLink:
    """Which file, for whom, until when."""

    tenant: str
    environment: str
    key: str
    """Id of the API key that asked: when it is gone, so is the link."""
    kind: str
    connection: str
    native_id: str
    stream: str
    expires_at: int
    """Epoch seconds."""


class FileLinks:
    """Seals and opens links."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._seal = Seal(keys, "file link")

    def seal(self, link: FileLink) -> str:
        """The opaque text of a link, fit for a path."""
        return self._seal.seal(msgspec.json.encode(astuple(link)))

    def open(self, text: str, now: int) -> FileLink:
        """The link again, at this epoch second; raises LinkEnded."""
        try:
            parts = msgspec.json.decode(
                self._seal.open(text), type=tuple[str, str, str, str, str, str, str, int]
            )
        except (NotSealed, msgspec.MsgspecError) as error:
            raise LinkEnded("this is not a link to a file") from error
        link = FileLink(*parts)
        if link.expires_at <= now:
            raise LinkEnded("this link has ended")
        return link
