import io
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch

from leap.errors import LeapError
from leap.io.tensor_file import load_file, read_checkpoint, strip_prefixes

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
    with pytest.raises(LeapError, match="'b' is not the name of an ordinary tensor"):
        read_checkpoint(tmp_path / "x.pt")
    torch.save({7: torch.zeros(1)}, tmp_path / "x.pt")
    with pytest.raises(LeapError, match="7 is not the name of"):
        read_checkpoint(tmp_path / "x.pt")


def test_checkpoints_are_read_without_running_code(tmp_path):
    class Code:
        def __reduce__(self):
            return (open, (str(tmp_path / "trace"), "w"))

    torch.save({"a": Code()}, tmp_path / "x.pt")
    with pytest.raises(LeapError, match="damaged, or holds more than tensors"):
        read_checkpoint(tmp_path / "x.pt")
    assert not (tmp_path / "trace").exists()


STATE = {"fc.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.ones(2)}


@pytest.mark.parametrize("key", ["", "model", "state_dict", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model.", "module._orig_mod."])
def test_state_dicts_are_found_however_training_saved_them(key, prefix, tmp_path):
    state = {prefix + name: value for name, value in STATE.items()}
    torch.save({key: state, "epoch": 3, "optimizer": {"state": {}}} if key else state, tmp_path / "x.pt")
    read = read_checkpoint(tmp_path / "x.pt")
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], value) for name, value in STATE.items())


@pytest.mark.parametrize(
    "content", [{"net": STATE, "epoch": 3}, {"a": {"ema": STATE}, "optimizer": {"m": STATE}}]
)
def test_the_only_state_dict_is_found_under_any_key(content, tmp_path):
    torch.save(content, tmp_path / "x.pt")
    assert read_checkpoint(tmp_path / "x.pt").keys() == STATE.keys()


def test_several_state_dicts_are_named(tmp_path):
    torch.save({"student": STATE, "teachers": {"ema": STATE}}, tmp_path / "x.pt")
    with pytest.raises(
        LeapError, match=r"x\.pt: holds tensors under student, teachers\.ema; save one of these"
    ):
        read_checkpoint(tmp_path / "x.pt")
    torch.save({"student": STATE, "model": STATE}, tmp_path / "x.pt")
    assert read_checkpoint(tmp_path / "x.pt").keys() == STATE.keys()


def test_a_prefix_of_some_names_only_stays():
    state = {"model.a": torch.zeros(1), "b": torch.zeros(1)}
    assert strip_prefixes(state) is state
    assert strip_prefixes({}) == {}


def test_what_a_file_holds_instead_is_said(tmp_path):
    for content, held in (({"epoch": 3, "weights": {}}, "epoch, weights"), ([1.0], "a list")):
        torch.save(content, tmp_path / "x.pt")
        with pytest.raises(LeapError, match=rf"not a state dict \(tensors by name\); it holds {held}$"):
            read_checkpoint(tmp_path / "x.pt")
