"""Why a file cannot be read or written, in one line."""

import errno
import os
import re

LOCKED = "locked by another process (on network mounts set HDF5_USE_FILE_LOCKING=FALSE)"
WORDS = {
    errno.ENOENT: "no such file",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EISDIR: "is a folder",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EAGAIN: LOCKED,
    errno.ENOSPC: "no space left on the disk",
    errno.ENOMEM: "not enough memory",
}
MEMORY = re.compile("out of memory|allocate memory")
"""What torch says, on a GPU and on a CPU, in a ``RuntimeError``."""


def reason(error: Exception) -> str:
    """Say in one line what went wrong with a file.

    Args:
        error: what opening, reading or writing the file raised, by the operating system or a library.

    Returns:
        For a refusal by the operating system its reason, such as ``"permission denied"``; otherwise the first
        line of the error's message, or the name of its type where there is no message.

    Example:
        >>> reason(IsADirectoryError(21, "Is a directory"))
        'is a folder'
        >>> reason(ValueError("not an array" + chr(10) + "of numbers"))
        'not an array'
    """
    return os_reason(error) or (str(error).strip() or type(error).__name__).splitlines()[0]


def os_reason(error: Exception) -> str:
    """Say why the operating system refused access; empty if ``error`` has another cause, such as damage.

    Example:
        >>> os_reason(PermissionError(13, "Permission denied"))
        'permission denied'
        >>> os_reason(MemoryError())
        'not enough memory'
        >>> os_reason(OSError("file signature not found"))
        ''
    """
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and MEMORY.search(str(error))):
        return "not enough memory"
    if not isinstance(error, OSError) or not error.errno:
        return ""
    if "unable to lock file" in str(error):  # by HDF5, which network mounts answer with several numbers
        return LOCKED
    return WORDS.get(error.errno) or os.strerror(error.errno).lower()
