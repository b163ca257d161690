import os
from pathlib import Path

import pytest

from leap.io.atomic import atomic_path, atomic_write


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
    temporary = f".text.{os.getpid()}.txt"
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
