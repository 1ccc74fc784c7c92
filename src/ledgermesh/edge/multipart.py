"""Files beside operations.

The specification: https://github.com/jaydenseric/graphql-multipart-request-spec
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from python_multipart.multipart import parse_options_header

from ledgermesh.edge.incoming import Limits, TooLarge, decoded
from ledgermesh.errors import BadInput
from ledgermesh.graph.upload import Upload

MEDIA: Final = "multipart/form-data"
FIELDS: Final = ("operations", "map")
PLACES_MAX: Final = 100
"""Of all files together: one file may stand in several."""
BOUNDARY_MAX: Final = 200
"""Bytes; the specification of MIME allows 70."""
HEADERS_BYTES_MAX: Final = 8_192
"""Of one part."""
UNNAMED: Final = "application/octet-stream"


def operations(body: bytes, content_type: str, limits: Limits) -> Any:
    """The value of `operations` with every file in its place; raises BadInput and TooLarge."""
    parts = _parts(body, content_type, limits)
    fields = {}
    for name in FIELDS:
        if (part := parts.pop(name, None)) is None:
            raise BadInput(f"the form has no field `{name}`", details={"field": name})
        if len(part.content) > limits.body_bytes_max:
            raise TooLarge(f"`{name}` is over {limits.body_bytes_max} bytes")
        fields[name] = decoded(part.content, f"`{name}`")
    _put(fields["operations"], _places(fields["map"], parts), parts)
    return fields["operations"]


def _places(found: Any, files: Mapping[str, Part]) -> list[tuple[str, str]]:
    """Each place of `operations` with the name of the file that belongs there."""
    if not isinstance(found, dict) or not all(isinstance(paths, list) for paths in found.values()):
        raise _wrong("is no object of lists")
    if sum(map(len, found.values())) > PLACES_MAX:
        raise _wrong(f"has over {PLACES_MAX} places")
    places = [(path, name) for name, paths in found.items() for path in paths]
    if not all(isinstance(path, str) for path, _ in places):
        raise _wrong("has places that are no texts")
    if set(found) != set(files) or not all(found.values()):
        raise _wrong("and the files of the form are not the same ones")
    return places


def _put(operations: Any, places: list[tuple[str, str]], files: Mapping[str, Part]) -> None:
    uploads = {name: part.upload() for name, part in files.items()}
    for path, name in places:
        *way, last = path.split(".")
        at = operations
        for step in way:
            at = at[_index(at, step)]
        index = _index(at, last)
        if "variables" not in way[:2] or at[index] is not None:
            raise _wrong("names a place that is not a null among the variables")
        at[index] = uploads[name]


def _index(at: Any, step: str) -> Any:
    """The key of a step in an object or a list, where there is one."""
    if isinstance(at, dict) and step in at:
        return step
    if isinstance(at, list) and step.isascii() and step.isdecimal() and len(step) < 5 and int(step) < len(at):
        return int(step)
    raise _wrong("names a place that is not there")


def _wrong(how: str) -> BadInput:
    return BadInput(f"`map` {how}", details={"field": "map"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    headers: Mapping[str, str]
    content: bytes

    def option(self, name: bytes) -> str | None:
        """A parameter of Content-Disposition."""
        kind, options = parse_options_header(self.headers.get("content-disposition"))
        value = options.get(name) if kind == b"form-data" else None
        return None if value is None else value.decode(errors="replace")

    def upload(self) -> Upload:
        """The part as a file; its name and its type hold nothing that could end a header."""
        name = "".join(letter for letter in self.option(b"filename") or "" if letter.isprintable())
        media = self.headers.get("content-type", "")
        plain = media.isascii() and media.isprintable()
        return Upload(name, media if media and plain else UNNAMED, self.content)


def _parts(body: bytes, content_type: str, limits: Limits) -> dict[str, Part]:
    """The parts of the form by their names.

    The whole body is there, so it is cut at its boundaries at once: a parser that goes by the byte is slow in Python,
    and some bytes make it slower.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not 0 < len(boundary) <= BOUNDARY_MAX:
        raise BadInput("the form has no boundary, or a long one")
    parts_max = limits.upload_files_max + len(FIELDS)
    before, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, parts_max + 2)
    if before or not pieces:
        raise BadInput("the form does not begin with its boundary")
    if len(pieces) > parts_max + 1:
        raise TooLarge(f"the form has over {limits.upload_files_max} files")
    *pieces, last = pieces
    if not last.startswith(b"--"):
        raise BadInput("the form ends too early")
    found: dict[str, Part] = {}
    for piece in pieces:
        part = _part(piece)
        name = part.option(b"name")
        if name is None or name in found:
            raise BadInput("a part of the form has no name, or one that another part has")
        found[name] = part
    return found


def _part(piece: bytes) -> Part:
    end = piece.find(b"\r\n\r\n", 0, HEADERS_BYTES_MAX)
    if not piece.startswith(b"\r\n") or end < 0:
        raise BadInput("a part of the form has no headers, or long ones")
    lines = piece[2:end].decode("latin-1").split("\r\n")
    headers = (line.partition(":") for line in lines)
    return Part({name.strip().casefold(): value.strip() for name, _, value in headers}, piece[end + 4 :])
