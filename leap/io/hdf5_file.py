"""A file for HDF5, which does not survive a disk that is full."""

import io
from typing import Any


class HDF5File(io.FileIO):
    """A file whose failed writes look like good ones until `check`.

    The library leaves the process in disorder where a write fails, so that it must not notice.
    """

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of some bytes."""
        view = memoryview(data).cast("B")
        try:
            written = 0
            while self.failure is None and written < len(view):
                written += super().write(view[written:])
        except OSError as error:
            self.failure = error
        return len(view)

    def check(self) -> None:
        """Raise what went wrong since the file was opened.

        Raises:
            OSError: a write failed.
        """
        if self.failure is not None:
            raise OSError(self.failure.errno, self.failure.strerror, self.name)
