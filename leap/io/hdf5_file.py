"""A file object that protects HDF5 from failed writes."""

import io
from typing import Any


class HDF5File(io.FileIO):
    """A file whose failed writes are reported by `check` instead of to the HDF5 library.

    HDF5 cannot recover from a failed write, such as on a full disk: the process may crash later. Writes to
    this file therefore always seem to succeed. After a failure, nothing more is written.

    Attributes:
        failure: the first write error, or None.
    """

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write ``data``, unless an earlier write failed; return its size in bytes."""
        view = memoryview(data).cast("B")
        try:
            written = 0
            while self.failure is None and written < len(view):
                written += super().write(view[written:])
        except OSError as error:
            self.failure = error
        return len(view)

    def check(self) -> None:
        """Raise the failure of an earlier write.

        Raises:
            OSError: a write failed since the file was opened.
        """
        if self.failure is not None:
            raise OSError(self.failure.errno, self.failure.strerror, self.name)
