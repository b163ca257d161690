import io
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch

from leap.errors import LeapError
from leap.io.tensor_file import load_file, read_checkpoint

TABLE = {"a": torch.arange(4.0), "b": np.arange(3, dtype=np.uint32)}


def saved(zipped=True):
    torch.save(TABLE, file := io.BytesIO(), _use_new_zipfile_serialization=zipped)
    return file.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_and_arrays_are_read(zipped, tmp_path):
    (path := tmp_path / "x.pt").write_bytes(saved(zipped))
    found = load_file(path)
    assert torch.equal(found["a"], TABLE["a"])
    assert np.array_equal(found["b"], TABLE["b"])


def test_a_damaged_number_is_found_by_its_checksum(tmp_path):
    content = saved()
    place = content.index(TABLE["a"].numpy().tobytes())
    (path := tmp_path / "x.pt").write_bytes(content[: place + 7] + b"\x41" + content[place + 8 :])
    assert torch.load(path, weights_only=False)["a"][1] != 1  # which torch does not look at
    with pytest.raises(ValueError, match="does not match its checksum"):
        load_file(path)


def test_nothing_is_unpacked(tmp_path):
    source = ZipFile(io.BytesIO(saved()))
    with ZipFile(tmp_path / "x.pt", "w", ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, bytes(10**6) if name.endswith("data/0") else source.read(name))
    with pytest.raises(ValueError, match="larger than the file"):
        load_file(tmp_path / "x.pt")


def test_numbers_that_are_marked_as_a_folder_are_not_passed_over(tmp_path):
    source, path = ZipFile(io.BytesIO(saved())), tmp_path / "x.pt"
    with ZipFile(path, "w") as marked:
        for member in source.infolist():
            member.external_attr = 0x10 if member.filename.endswith("data/0") else 0
            marked.writestr(member, source.read(member))
    with pytest.raises(ValueError, match="folders in place of tensors"):
        load_file(path)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(10**6, 10**6),
        torch.empty(10**6, 10**6, device="meta"),
        torch.eye(3).to_sparse(),
        torch.ones(2, dtype=torch.complex64),
    ],
    ids=["repeated", "meta", "sparse", "complex"],
)
def test_tensors_without_numbers_of_their_own_are_refused(tensor, tmp_path):
    torch.save({"a": torch.zeros(1), "b": tensor}, tmp_path / "x.pt")
    with pytest.raises(LeapError, match="'b' names no plain numbers that lie in the file"):
        read_checkpoint(tmp_path / "x.pt")
    torch.save({7: torch.zeros(1)}, tmp_path / "x.pt")
    with pytest.raises(LeapError, match="7 names no plain numbers"):
        read_checkpoint(tmp_path / "x.pt")


def test_checkpoints_are_read_without_running_code(tmp_path):
    class Code:
        def __reduce__(self):
            return (open, (str(tmp_path / "trace"), "w"))

    torch.save({"a": Code()}, tmp_path / "x.pt")
    with pytest.raises(LeapError, match="damaged, or holds more than tensors"):
        read_checkpoint(tmp_path / "x.pt")
    assert not (tmp_path / "trace").exists()
