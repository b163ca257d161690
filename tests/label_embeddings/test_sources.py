import pickle
from unicodedata import normalize

import numpy as np
import pytest
import torch

from leap.errors import LeapError
from leap.label_embeddings import (
    check_source,
    label_embeddings,
    random_orthogonal,
    read_label_embeddings,
    source_checksum,
)
from leap.label_embeddings.ngrams import ngram_embeddings
from leap.label_embeddings.sources import SOURCES

NAMES = ("Cat", "Dog", "Frying_(food)")
ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


class Code:
    """Unpickling it calls a function."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def write(path, rows=ROWS):
    if path.suffix == ".npy":
        np.save(path, rows)
    else:
        torch.save({f"label {i}": torch.as_tensor(row) for i, row in enumerate(rows)}, path)
    return path


@pytest.mark.parametrize(("classes", "width"), [(1, 4), (3, 4), (10, 64), (25, 64), (25, 300), (80, 64)])
def test_rows_are_orthogonal_and_of_unit_variance(classes, width):
    rows = random_orthogonal(classes, width).double()
    length = max(classes, width)
    assert rows.shape == (classes, length)
    torch.testing.assert_close(rows @ rows.T, length * torch.eye(classes).double(), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(rows.square().mean(dim=1), torch.ones(classes).double())


def test_directions_depend_on_the_seed_alone():
    torch.manual_seed(1)
    first = random_orthogonal(5)
    torch.manual_seed(2)
    assert torch.equal(first, random_orthogonal(5))
    assert not torch.equal(first, random_orthogonal(5, seed=1))


@pytest.mark.parametrize("name", ["labels.npy", "labels.pt"])
def test_files_are_read_in_class_order(name, tmp_path):
    read = label_embeddings(str(write(tmp_path / name)), NAMES)
    assert read.dtype == torch.float32
    assert torch.equal(read, torch.from_numpy(ROWS))


@pytest.mark.parametrize("names", [NAMES, ("Ca\u0301t", "Dog", "Hen")], ids=["ascii", "decomposed"])
def test_a_dictionary_of_class_names_may_have_any_order(names, tmp_path):
    vectors = dict(zip(names, torch.from_numpy(ROWS), strict=True))
    torch.save({names[i]: vectors[names[i]] for i in (2, 0, 1)}, tmp_path / "labels.pt")
    composed = tuple(normalize("NFC", name) for name in names)
    assert torch.equal(label_embeddings(str(tmp_path / "labels.pt"), composed), torch.from_numpy(ROWS))


def test_a_dictionary_of_other_spellings_keeps_its_order_unless_a_class_is_misplaced(tmp_path):
    path, rows = tmp_path / "labels.pt", torch.from_numpy(ROWS)
    torch.save(dict(zip(("Cat", "Dog", "Fry food"), rows, strict=True)), path)
    assert torch.equal(label_embeddings(str(path), NAMES), rows)
    torch.save(dict(zip(("Dog", "Cat", "Fry food"), rows, strict=True)), path)
    with pytest.raises(LeapError, match=r"labels\.pt: vector 1 is of 'Dog', class 1 is 'Cat'; [^\n]*$"):
        label_embeddings(str(path), NAMES)


def test_named_embeddings():
    for source in ("orthogonal", "learned"):
        assert torch.equal(label_embeddings(source, NAMES), random_orthogonal(3))
    assert torch.equal(label_embeddings("ngrams", NAMES), ngram_embeddings(NAMES))
    assert torch.equal(label_embeddings("dataset", NAMES, lambda: torch.ones(3, 2)), torch.ones(3, 2))
    with pytest.raises(LeapError, match="need a data set; name a file or another source"):
        label_embeddings("dataset", NAMES)


def test_labels_that_hardly_differ_are_still_different():
    rows = label_embeddings("alike", NAMES).double()
    unit = torch.nn.functional.normalize(rows, dim=-1)
    cosine = unit @ unit.T
    assert cosine.min() > 0.999
    assert (rows[0] - rows[1]).norm() > 0.01


def test_checksum_is_of_a_files_content(tmp_path):
    one, same, other = (tmp_path / name for name in ("a.npy", "b.npy", "c.npy"))
    for path, rows in ((one, ROWS), (same, ROWS), (other, ROWS + 1)):
        write(path, rows)
    assert source_checksum(str(one)) == source_checksum(str(same)) != source_checksum(str(other))
    assert {source_checksum(name) for name in ("orthogonal", "learned", "ngrams", "alike", "dataset")} == {""}
    with pytest.raises(LeapError, match=r"^[^\n]*missing\.npy: cannot be read[^\n]*$"):
        source_checksum(str(tmp_path / "missing.npy"))


@pytest.mark.parametrize("source", ["ngram", "Orthogonal", "word2vec", "", "vectors.txt"])
def test_unknown_sources_are_refused_before_any_file_is_opened(source):
    for call in (check_source, source_checksum, lambda source: label_embeddings(source, NAMES)):
        with pytest.raises(
            LeapError, match=rf"unknown source of label embeddings '{source}'; known are orth"
        ):
            call(source)


def test_known_sources_and_paths_pass_the_check():
    for source in (*SOURCES, "labels.npy", "nowhere/labels.pt"):
        check_source(source)


def refused(path, classes=3):
    with pytest.raises(LeapError) as error:
        read_label_embeddings(path, classes)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["labels.npy", "labels.pt"])
def test_bad_files_are_one_line(name, tmp_path):
    path = tmp_path / name
    assert "no such file" in refused(path)
    write(path)
    assert "shape (3, 4), but there are 4 classes" in refused(path, 4)
    whole = path.read_bytes()
    for content in (b"", b"labels", whole[:40], whole[:-8]):
        path.write_bytes(content)
        assert "not a file of label embeddings" in refused(path)
    for value in (np.nan, np.inf):
        assert "NaN or infinity" in refused(write(path, np.where(ROWS == 5, value, ROWS)))
    assert "shape (3,)" in refused(write(path, ROWS[:, 0]))


OTHER = [{}, {"a": "word"}, [1.0], {"a": torch.ones(2), "b": torch.ones(3)}, 3]
OTHER += [{"a": torch.ones(1).expand(10**12)}, {"a": torch.ones(2).to_sparse()}]


@pytest.mark.parametrize("content", OTHER)
def test_other_content_is_one_line(content, tmp_path):
    torch.save(content, tmp_path / "labels.pt")
    refused(tmp_path / "labels.pt")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_pickled_code_is_not_run(tmp_path):
    trace = tmp_path / "trace"
    torch.save({"a": Code(trace)}, tmp_path / "labels.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Code(trace)))
    np.save(tmp_path / "labels.npy", np.array([Code(trace)]), allow_pickle=True)
    for name in ("labels.pt", "plain.pt", "labels.npy"):
        refused(tmp_path / name)
    assert not trace.exists()
