import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from leap.errors import LeapError
from leap.io.atomic import atomic_path, atomic_write
from leap.io.npy import write_npy


def test_written_and_nothing_left_beside(tmp_path):
    path = tmp_path / "new" / "text.txt"
    atomic_write(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_written_then_flushed_then_renamed_then_the_name_flushed(tmp_path, monkeypatch):
    path, done, fsync, replace = tmp_path / "text.txt", [], os.fsync, Path.replace

    def flush(handle):
        name = Path(os.readlink(f"/proc/self/fd/{handle}"))
        done.append(("flush", name.name, name.read_text() if name.is_file() else "folder"))
        fsync(handle)

    def rename(self, target):
        done.append(("rename", self.name, target.name))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", rename)
    atomic_write(path, "whole")
    temporary = done[0][1]
    assert temporary.startswith(".text.")
    assert temporary.endswith(".txt")
    assert done == [
        ("flush", temporary, "whole"),
        ("rename", temporary, "text.txt"),
        ("flush", tmp_path.name, "folder"),
    ]


def test_an_error_keeps_the_old_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("old")
    with pytest.raises(KeyError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_file_is_beside_and_keeps_the_suffix(tmp_path):
    with atomic_path(tmp_path / "figure.png") as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".png")
        assert temporary.name != "figure.png"
        temporary.write_bytes(b"1")
        assert not (tmp_path / "figure.png").exists()
    assert (tmp_path / "figure.png").read_bytes() == b"1"


def test_writing_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "text.txt"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_temporary_names_are_unique(tmp_path):
    """Two threads, and two machines that share a folder, may write the same file at once."""
    path = tmp_path / "text.txt"
    with atomic_path(path) as one, atomic_path(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_failed_write_names_the_file(tmp_path, number):
    path = tmp_path / "text.txt"
    with pytest.raises(OSError, match=r"text\.txt") as raised, atomic_path(path) as temporary:
        temporary.write_text("half")
        raise OSError(number, os.strerror(number))
    assert (raised.value.errno, raised.value.filename) == (number, str(path))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "Input/output error"),
        OSError("file signature not found"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "another.npy"),
        LeapError("another.npy: damaged (os error 28)"),
        RuntimeError("os error 28"),
    ],
)
def test_errors_about_other_things_pass_with_their_cause(tmp_path, error):
    cause = ValueError("the cause")
    with pytest.raises(type(error)) as raised, atomic_path(tmp_path / "text.txt"):
        raise error from cause
    assert raised.value is error
    assert raised.value.__cause__ is cause


def test_no_message_names_the_temporary_file(tmp_path):
    path = tmp_path / "text.txt"
    with pytest.raises(LeapError, match=f"^{path}: damaged$"), atomic_path(path) as temporary:
        raise LeapError(f"{temporary}: damaged")


@pytest.mark.parametrize(("umask", "permissions"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_files_have_the_permissions_that_the_user_wants(tmp_path, umask, permissions):
    before = os.umask(umask)
    try:
        with atomic_path(tmp_path / "a.safetensors") as temporary:
            save_file({"a": torch.zeros(2)}, temporary)
        atomic_write(tmp_path / "a.json", "{}")
        write_npy(tmp_path / "a.npy", np.zeros(2))
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {permissions}
