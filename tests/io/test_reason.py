import errno
import os

import h5py
import pytest
import torch

from leap.io.reason import LOCKED, describe, os_reason, reason


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOENT, "no such file"),
        (errno.EACCES, "permission denied"),
        (errno.EISDIR, "is a folder"),
        (errno.EAGAIN, os.strerror(errno.EAGAIN).lower()),  # such as: no more processes; not a lock
        (errno.EROFS, "on a read-only file system"),
        (errno.EMFILE, "too many open files; raise the limit with ulimit -n"),
        (errno.ESTALE, "stale file handle; the file changed on its server"),
        (errno.ENOMEM, "not enough memory"),
        (errno.EIO, "the disk or the network failed; check it, or copy the file elsewhere"),
        (errno.EDOM, os.strerror(errno.EDOM).lower()),
    ],
)
def test_the_operating_systems_reason(number, expected):
    assert reason(OSError(number, os.strerror(number), "x")) == os_reason(OSError(number, "x")) == expected


@pytest.mark.parametrize("kind", [KeyError, RuntimeError])
def test_hdf5s_message_has_the_number_where_the_error_has_none(kind):
    assert "stale" in os_reason(kind("Unable to open object (file read failed: errno = 116, buf = 0)"))
    assert not os_reason(kind("Unable to open object (object 'x' doesn't exist)"))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EAGAIN])
def test_a_lock_is_recognised_by_hdf5s_message(number):
    """Network mounts answer a request for a lock with several numbers."""
    message = f"Unable to synchronously open file (unable to lock file, errno = {number})"
    assert os_reason(OSError(number, message)) == LOCKED


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: 40 bytes"
        ),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 40.00 MiB."),
    ],
)
def test_a_lack_of_memory_is_no_damage(error):
    assert reason(error) == os_reason(error) == "not enough memory"
    assert os_reason(RuntimeError("damaged; Tried to allocate a name")) == ""


def test_damage_is_not_the_operating_systems_reason(tmp_path):
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(OSError) as caught:
        h5py.File(tmp_path / "x.h5")
    assert os_reason(caught.value) == ""
    assert "signature" in reason(caught.value)


def test_one_line_of_any_other_error():
    assert reason(ValueError("first\nsecond")) == "first"
    assert reason(ValueError("\nfirst\nsecond")) == "first"
    assert reason(KeyError()) == "KeyError"
    assert reason(KeyError("identity")) == "lacks 'identity'"
    assert reason(RuntimeError('Error(s) in loading Net:\n\tMissing key(s): "a".')) == (
        'Error(s) in loading Net: Missing key(s): "a".'
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a b"), "a b: no such file"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", b"x"), "x: is a folder"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on the disk"),
        (OSError("cannot be written"), "cannot be written"),
        (RecursionError("maximum recursion depth exceeded"), "something is nested too deeply"),
        (MemoryError(), "not enough memory"),
        (ValueError("a fault of the program"), ""),
        (RuntimeError("a fault of the program"), ""),
    ],
)
def test_an_error_is_described_in_one_line_if_a_user_can_do_something(error, line):
    assert describe(error) == line
