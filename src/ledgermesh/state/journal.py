"""What a folder of values keeps beside them: which were changed, and numbers that never come again."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

from ledgermesh.state.folder import Folder, replace

JOURNAL_BYTES_MAX: Final = 1_000_000
"""Some twenty thousand changes; then it begins anew, and followers read everything once."""
NAME_BYTES: Final = 16
BLOCK: Final = 10_000
NUMBERS: Final = struct.Struct("<QQ")


class Journal:
    """The keys of changed values, in their order. Its first bytes are a name of its own, which cursors carry.

    A key is noted before its value is replaced, and read under the lock: so a writer that was killed between the two
    has told nobody too little.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._file = folder.path / "journal"

    def prepare(self) -> None:
        """Begin one where there is none; under the lock."""
        if not self._file.exists():
            self._begin()

    def note(self, key: str) -> None:
        """This one is about to change; under the lock."""
        if self._file.stat().st_size > JOURNAL_BYTES_MAX:
            self._begin()
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            # The newline goes ahead: half a line of a killed writer spoils no other.
            os.write(descriptor, b"\n" + key.encode())
        finally:
            os.close(descriptor)

    def end(self) -> str:
        """The cursor behind the last change."""
        with self._file.open("rb") as opened:
            name = opened.read(NAME_BYTES).hex()
            return f"{name}-{os.fstat(opened.fileno()).st_size}"

    def since(self, cursor: str) -> tuple[str, tuple[str, ...] | None]:
        """The cursor behind the last change and the keys since; None when the journal began anew. Under the lock."""
        name, _, offset = cursor.partition("-")
        end = self.end()
        if not end.startswith(f"{name}-"):
            return end, None
        with self._file.open("rb") as opened:
            opened.seek(int(offset))
            lines = opened.read().decode().split("\n")
        return end, tuple(line for line in lines if line)

    def _begin(self) -> None:
        replace(self._file, os.urandom(NAME_BYTES), self._folder.path, durable=False)


class Numbers:
    """Numbers that rise and never come again, whatever happens to the machine; under the folder's lock.

    The last one given is not waited for until it is on disk, but a ceiling above it is; every opening starts there.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._file = folder.path / "numbers"

    def prepare(self) -> None:
        """Go to the ceiling: what is below may have been given out."""
        _, ceiling = self._read() if self._file.exists() else (0, 0)
        content = NUMBERS.pack(ceiling, ceiling)
        replace(self._file, content, self._folder.path, durable=True)

    def take(self) -> int:
        """The next one."""
        last, ceiling = self._read()
        if last < ceiling:
            self._write(self._file, last + 1, ceiling)
        else:
            content = NUMBERS.pack(last + 1, last + BLOCK)
            replace(self._file, content, self._folder.path, durable=True)
        return last + 1

    def _read(self) -> tuple[int, int]:
        last, ceiling = NUMBERS.unpack(self._file.read_bytes())
        return int(last), int(ceiling)

    @staticmethod
    def _write(file: Path, last: int, ceiling: int) -> None:
        descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, NUMBERS.pack(last, ceiling), 0)
        finally:
            os.close(descriptor)
