"""Documents as files: a small PDF with the document's own words, and a picture of a page."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

SIZES = (240, 595, 600, 972, 1240)
"""Widths that a picture may have, in pixels."""
SIZE_DEFAULT = 972
_PNG = b"\x89PNG\r\n\x1a\n"
_LINES_ON_A_PAGE = 46


class Sheet(Struct, frozen=True):
    """What is printed."""

    lines: Sequence[str]
    """The first is the heading."""
    pages: int


def pdf(sheet: Sheet) -> bytes:
    """A PDF 1.4 document with so many pages of A4."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _FONT]
    kids = []
    for page in range(sheet.pages):
        content = _content(sheet, page)
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (b" ".join(kids), sheet.pages)
    return _file(objects)


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def _content(sheet: Sheet, page: int) -> bytes:
    lines = list(sheet.lines[page * _LINES_ON_A_PAGE :][:_LINES_ON_A_PAGE])
    lines.append(f"{page + 1}/{sheet.pages}")
    shown = b"".join(b"(%b) Tj T*\n" % _escaped(line) for line in lines)
    return b"BT /F1 11 Tf 16 TL 56 786 Td\n%bET" % shown


def _escaped(text: str) -> bytes:
    encoded = text.replace("\n", " ").encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects with their numbers, and the table that says where each begins."""
    written, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(written)


def png(sheet: Sheet, page: int, width: int) -> bytes:
    """A black and white picture of the page (from 1), A4 and so many pixels wide; each line of text is a bar."""
    height = width * 842 // 595
    lines = [len(line) for line in sheet.lines[(page - 1) * _LINES_ON_A_PAGE :][:_LINES_ON_A_PAGE]]
    rows = b"".join(_rows(lines, width, height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _rows(lengths: Sequence[int], width: int, height: int) -> Iterator[bytes]:
    """Each row of pixels: its filter, which is none, and eight pixels in a byte, white ones set."""
    size = (width + 7) // 8
    step = max(height // (_LINES_ON_A_PAGE + 6), 2)
    for row in range(height):
        line, within = divmod(row, step)
        dark = 0
        if 2 < line < len(lengths) + 3 and within < step // 2:
            dark = min(size * 3 // 4, size * lengths[line - 3] // 110 + 1)
        left = size // 10
        yield b"\0" + b"\xff" * left + b"\0" * dark + b"\xff" * (size - left - dark)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
