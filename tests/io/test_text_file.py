import os

import pytest

from leap.io.text_file import decode, open_text, read_text

TEXT = '{"é": 1}\n'
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_text(encoding, tmp_path):
    (tmp_path / "x").write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    assert read_text(tmp_path / "x") == TEXT
    with open_text(tmp_path / "x") as file:
        assert list(file) == [TEXT]
    assert decode(TEXT.encode(encoding)) == TEXT


def test_a_short_file_is_read(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    assert read_text(tmp_path / "x") == decode(b"") == ""
    (tmp_path / "x").write_bytes(b"{}")
    assert read_text(tmp_path / "x") == "{}"


def test_a_pipe_is_read_whole(tmp_path):
    end, begin = os.pipe()
    os.write(begin, TEXT.encode("utf-16"))
    os.close(begin)
    path = tmp_path / "link"
    path.symlink_to(f"/dev/fd/{end}")
    assert read_text(path) == TEXT
    os.close(end)


@pytest.mark.parametrize("content", [b"\xff", b"\xff\xfe\x00", "é".encode("latin-1")])
def test_other_bytes_are_refused(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=r"^neither UTF-8 nor UTF-16 text$"):
        read_text(tmp_path / "x")
    with pytest.raises(ValueError, match=r"^neither UTF-8 nor UTF-16 text$"):
        decode(content)


def test_the_systems_reason_is_kept(tmp_path):
    with pytest.raises(IsADirectoryError):
        open_text(tmp_path)
