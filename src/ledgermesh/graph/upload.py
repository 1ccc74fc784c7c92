"""A file that came with a request."""

from __future__ import annotations

from dataclasses import dataclass, field

import strawberry


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, in memory for as long as its request; it is kept nowhere."""

    name: str
    """As the caller gave it: printable text that may hold separators of paths; empty where it gave none."""
    content_type: str
    """As the caller gave it: printable ASCII, `application/octet-stream` where it gave none; nothing was checked."""
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"Upload({len(self.content)} bytes)"


def to_upload(given: object) -> Upload:
    """A file among the variables; raises ValueError for anything that JSON can hold."""
    if not isinstance(given, Upload):
        raise ValueError("Value cannot represent an Upload: send it as a file of a multipart request")
    return given


def _never(value: object) -> object:
    raise ValueError("An Upload is never an answer")


UPLOAD = strawberry.scalar(
    name="Upload",
    description="A file, sent by the GraphQL multipart request specification. Never part of an answer, and never "
    "written in a document: always a variable.",
    specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
    serialize=_never,
    parse_value=to_upload,
)
