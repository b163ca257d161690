"""One-line reasons why a file cannot be read or written."""

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
    errno.EEXIST: "exists already",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ELOOP: "a link that leads back to itself",
    errno.EROFS: "on a read-only file system",
    errno.EMFILE: "too many open files; raise the limit with ulimit -n",
    errno.ENFILE: "too many open files on this machine",
    errno.ESTALE: "stale file handle; the file changed on its server",
    errno.EPIPE: "the pipe was closed",
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "no space left in the disk quota",
    errno.ENOMEM: "not enough memory",
    errno.EIO: "the disk or the network failed; check it, or copy the file elsewhere",
}
"""What the operating system's error numbers say of a file; others have the system's own words."""


LONGEST = 200
"""Characters of a reason that continues on a second line."""

HDF5_ERRNO = re.compile(r"\berrno = (\d+)")
"""Pattern of the error number in HDF5's messages; h5py raises ``KeyError`` or ``RuntimeError`` for some."""

MEMORY = re.compile("out of memory|allocate memory")
"""Pattern of the message of torch's ``RuntimeError`` when a GPU or the CPU runs out of memory."""


def describe(error: Exception) -> str:
    """Say in one line, with the name of the file, why the command cannot go on.

    Args:
        error: any exception.

    Returns:
        The line; empty if ``error`` has no cause that a user can remove, and its traceback is needed.

    Example:
        >>> describe(PermissionError(13, "Permission denied", "x"))
        'x: permission denied'
        >>> describe(KeyError("x"))
        ''
    """
    if isinstance(error, RecursionError):
        return "something is nested too deeply"
    if not isinstance(error, OSError):
        return os_reason(error)
    file = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return file + reason(error)


def reason(error: Exception) -> str:
    """Say in one line why an operation on a file failed.

    Args:
        error: exception raised by opening, reading or writing the file.

    Returns:
        The operating system's reason, such as ``"permission denied"``, if it refused access; otherwise the
        first line of the error's message, with the second if the first ends with a colon, or the name of
        the error's type if the message is empty.

    Example:
        >>> reason(IsADirectoryError(21, "Is a directory"))
        'is a folder'
        >>> reason(ValueError("not an array" + chr(10) + "of numbers"))
        'not an array'
    """
    if refused := os_reason(error):
        return refused
    if isinstance(error, KeyError) and error.args:
        return f"lacks {error}"
    first, *rest = (str(error).strip() or type(error).__name__).splitlines()
    return f"{first} {rest[0].strip()}"[:LONGEST] if rest and first.endswith(":") else first


def explain(error: Exception, damage: str, remedy: str) -> str:
    """Say why a file cannot be read, with a remedy unless the operating system refused access to the file.

    Args:
        error: exception raised by opening or reading the file.
        damage: what is wrong with the file if the operating system has no reason.
        remedy: what to do if the file is missing or damaged.

    Example:
        >>> explain(PermissionError(13, "Permission denied"), "damaged", "download it again")
        'permission denied'
        >>> explain(FileNotFoundError(2, "No such file"), "damaged", "download it again")
        'no such file; download it again'
        >>> explain(ValueError("bad header"), "damaged", "download it again")
        'damaged; download it again'
    """
    refused = os_reason(error)
    if refused and not isinstance(error, FileNotFoundError):
        return refused
    return f"{refused or damage}; {remedy}"


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
    number = _errno(error)
    if number and "unable to lock file" in str(error):  # HDF5's message; the number depends on the system
        return LOCKED
    return WORDS.get(number) or os.strerror(number).lower() if number else ""


def _errno(error: Exception) -> int:
    """The operating system's error number; 0 if it did not cause the error."""
    if isinstance(error, OSError):
        return error.errno or 0
    found = HDF5_ERRNO.search(str(error)) if isinstance(error, (KeyError, RuntimeError)) else None
    return int(found[1]) if found else 0
