import io
import resource

import numpy as np
import pytest

from leap.io.npy import read_npy, write_npy

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_an_array_is_read_or_mapped(tmp_path):
    for array in (VALUES, VALUES.T, VALUES.astype(">f2"), VALUES > 3, VALUES[:0], VALUES[0, 0].astype(int)):
        np.save(tmp_path / "x.npy", array)
        assert np.array_equal(read_npy(tmp_path / "x.npy"), array)
        mapped = read_npy(tmp_path / "x.npy", mapped=True)
        assert isinstance(mapped, np.memmap)
        assert np.array_equal(mapped, array)


def with_shape(shape):
    """The values under a header with another shape."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue() + VALUES.tobytes()


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("shape", [(10**11,), (2**40, 2**40), (3, 3), (3, 5), (-3, -5)])
def test_a_shape_has_to_fit_the_file(shape, mapped, tmp_path, monkeypatch):
    path = tmp_path / "x.npy"
    path.write_bytes(with_shape(shape))
    monkeypatch.setattr(np, "load", None)  # what takes the memory
    with pytest.raises(ValueError, match="does not match the shape"):
        read_npy(path, mapped)


@pytest.mark.parametrize("array", ["word", VALUES + 1j, np.zeros(2, "2f4,f4"), np.zeros(2, "M8[s]")])
def test_other_values_than_numbers(array, tmp_path):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ValueError, match="not an array of numbers"):
        read_npy(tmp_path / "x.npy")


def test_other_files(tmp_path):
    np.savez(tmp_path / "x.npz", VALUES)
    with pytest.raises(ValueError, match="magic"):
        read_npy(tmp_path / "x.npz")
    with pytest.raises(ValueError, match="version"):
        (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x09\x00")
        read_npy(tmp_path / "x.npy")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("mapped", [True, False])
def test_every_version_of_the_format_is_read(version, mapped, tmp_path):
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array(file, VALUES, version)
    assert np.array_equal(read_npy(tmp_path / "x.npy", mapped), VALUES)


def test_a_header_larger_than_the_file_is_not_read(tmp_path):
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x02\x00" + b"\xff\xff\xff\x7f")  # two gigabytes
    with pytest.raises(ValueError, match="header is larger than the file"):
        read_npy(tmp_path / "x.npy")


@pytest.mark.parametrize("values", [VALUES, VALUES.T, VALUES[:0], np.arange(5, dtype=np.int64)])
def test_arrays_are_written_as_numpy_writes_them(values, tmp_path):
    write_npy(tmp_path / "ours.npy", values)
    np.save(tmp_path / "theirs.npy", values)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()


@pytest.mark.parametrize("count", [300, 5_000])
def test_an_array_that_does_not_fit_on_the_disk_is_an_error(count, tmp_path):
    """No file can grow beyond a limit, as on a full disk; ``numpy.save`` cuts off the smaller array."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"x\.npy"):
            write_npy(tmp_path / "x.npy", np.ones(count, np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())
