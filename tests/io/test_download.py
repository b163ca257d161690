import errno
import hashlib
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from leap.errors import LeapError
from leap.io.download import DamagedArchiveError, download, file_sha256, unpack

CONTENT = bytes(range(256)) * 64
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def url(server):
    (server.folder / "file.bin").write_bytes(CONTENT)
    return f"{server.url}/file.bin"


def test_download(url, tmp_path, server):
    path = tmp_path / "new" / "file.bin"
    download(url, path, SHA256)
    assert path.read_bytes() == CONTENT
    assert file_sha256(path) == SHA256
    assert list(path.parent.iterdir()) == [path]
    download(url, path, SHA256)
    assert server.ranges == [None]  # what is there is not downloaded again


@pytest.mark.parametrize("cuts", [[100], [1, 7000, 9000], [16383]])
def test_an_interrupted_download_resumes(url, tmp_path, server, cuts, monkeypatch):
    monkeypatch.setattr("leap.io.download.CHUNK", 1)
    path, asked = tmp_path / "file.bin", [None]
    for cut in cuts:
        server.cut = cut
        with pytest.raises(LeapError, match="run the command again to resume"):
            download(url, path)
        assert not path.exists()
        asked.append(f"bytes={(tmp_path / '.file.bin.part').stat().st_size}-")
    server.cut = None
    download(url, path, SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == asked
    assert asked[1] == f"bytes={cuts[0]}-"


def test_what_another_download_left_is_not_trusted(url, tmp_path):
    path, part = tmp_path / "file.bin", tmp_path / ".file.bin.part"
    part.write_bytes(b"other" * 10)
    with pytest.raises(LeapError, match="does not have the SHA-256"):
        download(url, path, SHA256)
    assert list(tmp_path.iterdir()) == []
    part.write_bytes(CONTENT + b"more")
    download(url, path, SHA256)
    assert path.read_bytes() == CONTENT


def test_a_download_that_stopped_before_its_renaming_is_not_repeated(url, tmp_path, server):
    part = tmp_path / ".file.bin.part"
    part.write_bytes(CONTENT)
    download(url, tmp_path / "file.bin", SHA256)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert not part.exists()
    assert (server.ranges, server.sent) == ([f"bytes={len(CONTENT)}-"], 0)


def test_other_files_stay(url, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"mine")
    with pytest.raises(LeapError, match="exists, but is not the file at"):
        download(url, tmp_path / "file.bin", SHA256)
    assert (tmp_path / "file.bin").read_bytes() == b"mine"


def test_failures_are_user_errors(server, tmp_path):
    for address in (f"{server.url}/none.bin", "http://127.0.0.1:9/file.bin", "nonsense"):
        with pytest.raises(LeapError, match="cannot download"):
            download(address, tmp_path / "file.bin")
    with pytest.raises(
        LeapError, match=r"cannot download \(no connection, ConnectionError\); run the command"
    ):
        download("http://127.0.0.1:9/file.bin", tmp_path / "file.bin")
    assert not (tmp_path / "file.bin").exists()


def test_unpack(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("folder/one.txt", "content")
        archive.writestr("folder/two.txt", "2")
        archive.mkdir("folder/three.txt")
    out = tmp_path / "out"
    unpack(tmp_path / "a.zip", lambda member: out / member.name if member.name != "two.txt" else None)
    assert [path.name for path in out.iterdir()] == ["one.txt"]
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(whole.replace(b"content", b"damaged", 1))
    with pytest.raises(LeapError, match="not a sound zip archive"):
        unpack(tmp_path / "a.zip", lambda member: out / member.name)


def test_a_bomb_is_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.npy", bytes(2**24 + 1))
    assert (tmp_path / "a.zip").stat().st_size < 2**16
    with pytest.raises(LeapError, match=r"bomb\.npy is too large"):
        unpack(tmp_path / "a.zip", lambda member: tmp_path / "out" / member.name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_any_damage_of_an_archive_is_reported_as_damage(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("one.npy", bytes(range(256)) * 8)
    whole = (tmp_path / "a.zip").read_bytes()
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        (tmp_path / "a.zip").write_bytes(damaged)
        with suppress(DamagedArchiveError):  # a damaged date, for example, is harmless
            unpack(tmp_path / "a.zip", lambda member: tmp_path / "out.npy")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_is_full_is_no_damage_of_the_archive(tmp_path, monkeypatch, number):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.npy", "1")

    def refuse(path, content):
        raise OSError(number, "the reason", None if number == errno.ENOSPC else str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OSError, match=r"one\.npy") as raised:
        unpack(tmp_path / "a.zip", lambda member: tmp_path / member.name)
    assert raised.value.errno == number
