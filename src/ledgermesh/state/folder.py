"""Small values in a folder of one machine: neither a killed process nor another one beside it tears them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ledgermesh.errors import ConfigurationError

LASTING: Final = "lasting"
PASSING: Final = "passing"
TEMPORARY: Final = "temporary"
LOCK: Final = "lock"
LOCK_STEP_SECONDS: Final = 0.002
OTHERS: Final = 0o077
"""Any right of the group's or of anybody else's."""
KIND: Final = re.compile(r"[A-Za-z0-9_-]+")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file; the value is all that follows."""

    key: str
    version: int
    ends_at: float | None = None
    """Unix seconds; None for what lasts."""


@dataclass(frozen=True, slots=True)
class Held:
    """A value in its file."""

    head: Head
    value: bytes = field(repr=False)


class Torn(Exception):
    """A file that is not as it was written."""


class Folder:
    """Values in files named after the digest of their key, one folder for each first word of keys.

    Whoever changes anything holds the lock; whoever only reads needs none, because a file is replaced as a whole.
    """

    def __init__(self, path: Path, *, lock_seconds: float) -> None:
        self.path = path
        self._lock_seconds = lock_seconds

    def prepare(self) -> None:
        """Make it, for its owner alone. Raises ConfigurationError where that cannot be."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._close_to_others()
            for name in (LASTING, PASSING, TEMPORARY):
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            _sync(self.path)
        except OSError as error:
            raise ConfigurationError(
                f"The state folder {self.path} cannot be used: {error.strerror}. "
                "Give this process a folder that it owns and may write to."
            ) from error

    def _close_to_others(self) -> None:
        if not self.path.stat().st_mode & OTHERS:
            return
        # Somebody's home or /tmp, named by mistake, is not ours to close.
        if any(self.path.iterdir()) and not (self.path / LOCK).exists():
            raise ConfigurationError(
                f"The state folder {self.path} is open to other users of this machine and holds other files. "
                "Name an empty folder, or take away the others' rights (chmod 700)."
            )
        self.path.chmod(0o700)
        structlog.get_logger("ledgermesh").warning("state folder was open to others", folder=str(self.path))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone on this machine. Raises OSError, TimeoutError among them; a killed holder has let go of it."""
        lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        for _ in range(int(self._lock_seconds / LOCK_STEP_SECONDS)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(LOCK_STEP_SECONDS)  # a thread waits here, never the event loop
            else:
                return
        raise TimeoutError("another process holds the lock of the state folder")

    def read(self, sort: str, key: str) -> Held | None:
        """What is there. Raises Torn, and OSError where the folder itself is gone."""
        try:
            return _held((self._file(sort, key)).read_bytes())
        except FileNotFoundError:
            (self.path / LOCK).stat()
            return None

    def write(self, sort: str, held: Held, *, durable: bool) -> None:
        """Put it in the place of what was there; under the lock. When durable it is on disk afterwards."""
        file = self._file(sort, held.head.key)
        if not file.parent.exists():
            file.parent.mkdir(mode=0o700)
            _sync(file.parent.parent)
        replace(file, msgspec.json.encode(held.head) + b"\n" + held.value, self.path, durable=durable)

    def erase(self, sort: str, key: str, *, durable: bool) -> None:
        """Take it away; under the lock."""
        file = self._file(sort, key)
        file.unlink(missing_ok=True)
        if durable:
            _sync(file.parent)

    def under(self, sort: str, prefix: str) -> Iterator[tuple[Path, Held | None]]:
        """Every value whose key begins with this text; None where a file is torn."""
        kind, slash, _ = prefix.partition("/")
        for folder in sorted((self.path / sort).iterdir()):
            if folder.name == kind if slash else folder.name.startswith(kind):
                yield from _files(folder, prefix)

    def tidy(self) -> None:
        """Delete what killed processes left half written; under the lock, so that nobody is writing."""
        for left in (self.path / TEMPORARY).iterdir():
            left.unlink()

    def _file(self, sort: str, key: str) -> Path:
        kind = key.partition("/")[0]
        if not KIND.fullmatch(kind):
            raise ValueError(f"a key begins with a plain word, not with {kind!r}")
        return self.path / sort / kind / hashlib.sha256(key.encode()).hexdigest()


def replace(file: Path, content: bytes, folder: Path, *, durable: bool) -> None:
    """Put this content in the place of the file's, all of it or none; under the folder's lock."""
    temporary = folder / TEMPORARY / f"{os.getpid()}-{file.name}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        if durable:
            os.fsync(descriptor)
    temporary.replace(file)
    if durable:
        _sync(file.parent)


def _sync(folder: Path) -> None:
    """Until the names in it are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _held(content: bytes) -> Held:
    head, newline, value = content.partition(b"\n")
    try:
        return Held(msgspec.json.decode(head if newline else b"", type=Head), value)
    except msgspec.DecodeError as error:
        raise Torn from error


def _files(folder: Path, prefix: str) -> Iterator[tuple[Path, Held | None]]:
    for file in folder.iterdir():
        try:
            held = _held(file.read_bytes())
        except FileNotFoundError:
            continue
        except Torn:
            yield file, None
            continue
        if held.head.key.startswith(prefix):
            yield file, held
