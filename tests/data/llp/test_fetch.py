import errno
import hashlib
import zipfile
from pathlib import Path

import pytest

from leap.data.llp import sources
from leap.data.llp.fetch import fetch_llp, steps
from leap.errors import LeapError


@pytest.fixture
def upstream(server, monkeypatch):
    """A stand-in for all the places that LLP comes from."""
    hashes = {}
    for name in sources.ANNOTATION_SHA256:
        (server.folder / name).write_text(f"content of {name}")
        hashes[name] = hashlib.sha256(f"content of {name}".encode()).hexdigest()
    (server.folder / sources.GLOVE).write_bytes(b"vectors")
    for name in sources.VALOR_ARCHIVES:
        with zipfile.ZipFile(server.folder / f"{name}.zip", "w") as archive:
            for folder in sources.VALOR_FOLDERS:
                archive.writestr(f"{name}/{folder}/abc.npy", f"{name} {folder}")
            archive.writestr(f"{name}/../../features/../evil.npy", "evil")
            archive.writestr(f"{name}/README", "text")
    monkeypatch.setattr(sources, "ANNOTATIONS", server.url)
    monkeypatch.setattr(sources, "ANNOTATION_SHA256", hashes)
    monkeypatch.setattr(sources, "GLOVE_URL", f"{server.url}/{sources.GLOVE}")
    monkeypatch.setattr(sources, "GLOVE_SHA256", hashlib.sha256(b"vectors").hexdigest())
    monkeypatch.setattr(sources, "VALOR", server.url)
    return server


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


SMALL = {f"annotations/{name}" for name in sources.ANNOTATION_SHA256} | {sources.GLOVE_FILE}
LARGE = {f"{a}/{f}/abc.npy" for a in sources.VALOR_ARCHIVES for f in sources.VALOR_FOLDERS}


def test_fetch(upstream, tmp_path, leap):
    status, out, _ = leap("data", "fetch", "llp", "--out", tmp_path / "LLP")
    assert status == 0
    assert files(tmp_path / "LLP") == SMALL
    assert sources.FEATURES_PAGE in out
    assert f"{upstream.url}/CLAP.zip" in out
    assert f"leap data pack llp --root {tmp_path / 'LLP'}" in out
    requests = len(upstream.ranges)
    assert leap("data", "fetch", "llp", "--out", tmp_path / "LLP")[0] == 0
    assert len(upstream.ranges) == requests


def test_valor(upstream, tmp_path):
    fetch_llp(tmp_path, valor=True)
    assert files(tmp_path) == SMALL | LARGE
    assert (tmp_path / "CLAP/features/abc.npy").read_text() == "CLAP features"
    assert "VALOR" not in steps(tmp_path)
    requests = len(upstream.ranges)
    fetch_llp(tmp_path, valor=True)
    assert len(upstream.ranges) == requests


def test_stopped_at_any_file_and_resumed(upstream, tmp_path, monkeypatch):
    monkeypatch.setattr("leap.io.download.CHUNK", 1)
    upstream.cut = 40
    for _ in range(60):
        try:
            fetch_llp(tmp_path, valor=True)
        except LeapError:
            continue
        break
    assert files(tmp_path) == SMALL | LARGE
    assert any(asked for asked in upstream.ranges)


def test_what_is_not_as_pinned(upstream, tmp_path, refused):
    (upstream.folder / "AVVP_train.csv").write_text("changed")
    assert "does not have the SHA-256" in refused("data", "fetch", "llp", "--out", tmp_path)
    assert "annotations/AVVP_train.csv" not in files(tmp_path)


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_archive_that_is_none(upstream, tmp_path, content):
    sound = (upstream.folder / "CLAP.zip").read_bytes()
    (upstream.folder / "CLAP.zip").write_bytes(content)
    with pytest.raises(LeapError, match=r"CLAP.zip: .* not a sound zip archive"):
        fetch_llp(tmp_path, valor=True)
    assert not (tmp_path / "CLAP").exists()
    (upstream.folder / "CLAP.zip").write_bytes(sound)
    fetch_llp(tmp_path, valor=True)
    assert files(tmp_path) == SMALL | LARGE


def test_an_archive_is_kept_when_the_disk_is_full(upstream, tmp_path, monkeypatch):
    def refuse(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        with pytest.raises(OSError, match=r"No space left on device: .*abc\.npy"):
            fetch_llp(tmp_path, valor=True)
    assert (tmp_path / "CLIP.zip").read_bytes() == (upstream.folder / "CLIP.zip").read_bytes()
    requests = len(upstream.ranges)
    fetch_llp(tmp_path, valor=True)
    assert files(tmp_path) == SMALL | LARGE
    assert len(upstream.ranges) == requests + 1  # only the other archive
