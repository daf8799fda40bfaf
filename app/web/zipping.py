"""A ZIP that is sent while it is made: one entry after the other, never whole in memory."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime


class _Sink(io.RawIOBase):
    """What was written since the last look."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """It only takes."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all it is given
        """Keep a piece."""
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """The pieces so far."""
        found, self.pieces = b"".join(self.pieces), []
        return found


def zipped(entries: Iterable[tuple[str, bytes]], at: datetime) -> Iterator[bytes]:
    """The ZIP of (name, bytes), piece by piece; names are UTF-8."""
    sink = _Sink()
    moment = at.timetuple()[:6]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, moment), data, zipfile.ZIP_DEFLATED)
            yield sink.take()
    yield sink.take()
