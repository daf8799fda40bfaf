"""Where files lie: under random names in `files/ab/cd/` of the instance's folder, which no address reaches.

A file is whole and on the disk before any row names it, and nothing here removes one that a row may name: what a
crash leaves behind is at most a file without a row, which `sweep` of `app.files.upkeep` finds a day later.
"""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from app.files.rules import folders_of
from app.kernel.errors import RuleError
from app.kernel.text import T

FOLDER, INCOMING = "files", "incoming"
PIECE = 2**20
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the depot, and what its row will say of it."""

    key: str
    name: str
    media_type: str
    bytes: int
    sha256: str


class Depot:
    """The folder `files` of one instance."""

    def __init__(self, instance: Path) -> None:
        self.folder = Path(instance) / FOLDER

    def path(self, key: str) -> Path:
        """Where the file of a key lies. Raises ValueError for what is none of our keys."""
        if not _KEY.fullmatch(key):
            raise ValueError("this is no key of a stored file")
        return self.folder.joinpath(*folders_of(key), key)

    @contextmanager
    def incoming(self, stream: IO[bytes], *, largest_mb: int) -> Iterator[Path]:
        """What is being brought, as a file that is gone afterwards. Raises RuleError for one that is too large."""
        waiting = self._made(self.folder / INCOMING)
        handle, name = tempfile.mkstemp(dir=waiting)
        try:
            with os.fdopen(handle, "wb") as target:
                copy_limited(stream, target, largest_mb)
            yield Path(name)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)

    def keep(self, brought: Path, name: str, media_type: str, key: str | None = None) -> Kept:
        """Give a file its place: written to the disk, then moved there, then the folders written too."""
        digest, size = _digest(brought)
        kept = Kept(key or secrets.token_hex(32), name, media_type, size, digest)
        target = self.path(kept.key)
        self._made(target.parent)
        with brought.open("r+b") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())
        os.replace(brought, target)
        _sync_folder(target.parent)
        return kept

    def keep_bytes(self, data: bytes, name: str, media_type: str, key: str | None = None) -> Kept:
        """The same of something made here, such as a preview."""
        handle, brought = tempfile.mkstemp(dir=self._made(self.folder / INCOMING))
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        return self.keep(Path(brought), name, media_type, key)

    def bytes_of(self, key: str) -> bytes | None:
        """What lies there; None where it is gone."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError:
            return None

    def digest(self, key: str) -> str | None:
        """The checksum of a file as it lies there now; None where it is gone."""
        try:
            return _digest(self.path(key))[0]
        except FileNotFoundError:
            return None

    def all_keys(self) -> Iterator[str]:
        """The keys of all files that lie here."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if _KEY.fullmatch(path.name) and path.parts[-3:-1] == folders_of(path.name):
                yield path.name

    def keys_older_than(self, moment: datetime) -> list[str]:
        """Those that were written before `moment`."""
        found = []
        for key in self.all_keys():
            with suppress(FileNotFoundError):
                if self.path(key).stat().st_mtime < moment.timestamp():
                    found.append(key)
        return found

    def remove(self, key: str) -> None:
        """Remove a file that no row names; who calls has made sure of it."""
        self.path(key).unlink(missing_ok=True)

    def sweep_incoming(self, before: datetime) -> None:
        """Remove what was being brought when the machine stopped."""
        for path in (self.folder / INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()

    def _made(self, folder: Path) -> Path:
        """A folder of ours, and the way to it; each new one is written into the one above."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for one in (*reversed(folder.parents), folder):
            if one.is_relative_to(self.folder) and not one.exists():
                one.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(one.parent)
        return folder


def copy_limited(source: IO[bytes], target: IO[bytes], largest_mb: int) -> None:
    """Write down what is being brought. Raises RuleError for too much and for nothing."""
    size = 0
    while piece := source.read(PIECE):
        size += len(piece)
        if size > largest_mb * 2**20:
            text = T("This file is larger than %(most)s MB (“Largest file” in the settings).", most=largest_mb)
            raise RuleError(text, field="file")
        target.write(piece)
    if not size:
        raise RuleError(T("This file is empty."), field="file")


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    """Write a folder's list of names to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
