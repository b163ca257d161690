from leap.timeline import parse as parse_module
from tests.media.clips import numbered, tone, write_clip


def test_parse_refuses_what_is_no_video_in_one_line(leap, tmp_path):
    path = tmp_path / "x.mp4"
    path.write_text("no video")
    status, out, err = leap("parse", path, "--model", tmp_path, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert err.startswith(f"leap: {path}: not a media file")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_parse_says_where_missing_weights_go(leap, tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mkv", numbered(8), samples=tone(1))
    status, out, err = leap("parse", path, "--model", tmp_path, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert "make a parser with leap train" in err
    monkeypatch.setattr(parse_module, "load_parser", lambda folder: (None, None))
    monkeypatch.setattr(parse_module, "_kinds", lambda described: {"audio": "audio"})
    command = ("parse", path, "--model", tmp_path, "--weights", tmp_path, "--out", tmp_path / "out")
    status, out, err = leap(*command)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"`leap weights fetch vggish --weights {tmp_path}` gets them from https://" in err


def test_weights_are_listed_with_source_licence_size_and_hash(leap, tmp_path):
    status, out, _ = leap("weights", "list", "--weights", tmp_path)
    assert status == 0
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert set(lines) == {"vggish", "vggish-pca", "resnet-152", "r2plus1d_18", "clip", "clap"}
    assert "Apache-2.0, 288 MB, SHA-256 10086976…; not here" in lines["vggish"]
    (tmp_path / "vggish.safetensors").write_bytes(b"")
    assert "SHA-256 10086976…; here" in leap("weights", "list", "--weights", tmp_path)[1]


def test_weights_that_were_not_fetched_are_not_verified(leap, tmp_path):
    (tmp_path / "vggish.safetensors").write_bytes(b"")
    status, _, err = leap("weights", "verify", "vggish", "--weights", tmp_path)
    assert status == 2
    assert "was not fetched" in err
