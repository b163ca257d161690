import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from leap.data.custom import pack_custom, weak_by_file
from leap.data.llp.features import FEATURES, PSEUDO_LABELS, Source, pool_clap
from leap.data.llp.pack import Packing
from leap.data.store import FeatureStore
from leap.errors import LeapError
from tests.custom_tree import CLASSES, HEADER, SECONDS, rows


def packed(custom_root, **choices):
    assert (
        pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing(dtype="float32", **choices))
        == []
    )
    return FeatureStore(custom_root / "kitchen.h5")


def test_spans_of_files_become_videos(custom_root):
    with packed(custom_root) as store:
        assert (store.dataset, store.classes, store.segments) == ("kitchen", CLASSES, 5)
        assert store.splits == {"train": 3, "val": 1, "test": 2}
        assert store.widths == {"audio": 128, "visual_2d": 2048, "clip": 768, "clap": 768}
        train, test = store.videos("train"), store.videos("test")
        assert_array_equal(train.audio[1], rows("a", "audio", 12, 128)[5:10])
        frames = rows("b", "frames", 96, 2048).reshape(12, 8, 2048).mean(1)
        assert_allclose(train.visual_2d[2], frames[:5], atol=1e-6)
        clap = pool_clap(rows("d", "clap", 128, 768), 12)
        assert_allclose(store.features("test", "clap")[1], clap[2:7], atol=1e-6)
        assert_array_equal(train.weak, [[1, 0, 1]] * 3)
        heard = (rows("a", "heard", 12, 3) > 0)[:5] * [1, 0, 1]
        assert_array_equal(train.pseudo_audio[0], heard)
        assert_array_equal(test.true_audio[1], _event(1, 2, 2))
        assert_array_equal(test.true_visual[1], _event(4, 5, 1))
        assert_array_equal(test.weak, [[0, 0, 0], [0, 1, 1]])  # of the events, as none are given
        assert store.label_embedding().shape[0] == 3


def _event(onset, offset, c):
    cube = np.zeros((5, 3))
    cube[onset:offset, c] = 1
    return cube


def test_whole_files_and_unknown_weak_labels(custom_root):
    for split, name in (("train", "a"), ("val", "c"), ("test", "d")):
        (custom_root / "annotations" / f"{split}.tsv").write_text(f"filename\n{name}\n")
    for file in ("audio", "visual"):
        (custom_root / "annotations" / f"{file}.tsv").write_text(HEADER + "d\t0\t12\tchop\n")
    with packed(custom_root, frames="kept") as store:
        assert store.segments == 12
        train = store.videos("train")
        assert_array_equal(train.visual_2d[0], rows("a", "frames", 96, 2048))
        expected = (rows("a", "heard", 12, 3) > 0).any(0) | (rows("a", "seen", 12, 3) > 0).any(0)
        assert_array_equal(train.weak[0], expected)


def test_weak_labels_can_stand_for_pseudo_labels(custom_root):
    with packed(custom_root, pseudo_labels="weak") as store:
        train = store.videos("train")
        assert_array_equal(train.pseudo_audio, train.weak[:, None].expand(-1, 5, -1))
    (custom_root / "annotations" / "train.tsv").write_text("filename\na_0_5\n")
    with pytest.raises(LeapError, match=r"train\.tsv: has neither a column event_labels nor pseudo-labels"):
        packed(custom_root, pseudo_labels="weak")


def test_what_is_missing_or_damaged_is_listed_and_nothing_written(custom_root):
    (custom_root / "feats/res152/b.npy").unlink()
    np.save(custom_root / "CLIP/segment_pseudo_labels/c.npy", np.zeros((12, 25)))
    path = custom_root / "feats/vggish/d.npy"
    path.write_bytes(path.read_bytes()[:-100])
    problems = pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing())
    assert [(problem.file, problem.reason[:8]) for problem in problems] == [
        ("CLIP/segment_pseudo_labels/c.npy", "has shap"),
        ("feats/res152/b.npy", "missing"),
        ("feats/vggish/d.npy", "not a re"),
    ]
    assert not (custom_root / "kitchen.h5").exists()


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("train.tsv", "filename\na_0_5\nb_0_6\n", "b_0_6 6 s; all videos of a data set must have one length"),
        ("train.tsv", "filename\n../a_0_5\n", "train.tsv:2: '../a_0_5' is not a file name"),
        (
            "train.tsv",
            "filename\na_0_5\na_0_5\n",
            "train.tsv:3: a_0_5 is listed twice, first in line 2; remove one",
        ),
        ("train.tsv", "filename\n", "train.tsv: lists no videos"),
        (
            "train.tsv",
            "filename\tevent_labels\na_0_5\tkettle,dog\n",
            ":2: 'dog' is not one of the 3",
        ),
        ("audio.tsv", HEADER + "c_0_5\t0\t6\tkettle\n", "audio.tsv:2: 0 to 6 is not a time span"),
        ("audio.tsv", HEADER + "a_0_5\t0\t5\tkettle\n", "'a_0_5' is not one of the videos to score, such as"),
        ("classes.txt", "kettle\nkettle\n", "classes.txt:2: .kettle. stands already in line 1"),
        (
            "train.tsv",
            "filename\na_0_5\nA_0_5\n",
            "train.tsv:3: A_0_5 differs from a_0_5 of line 2 only in case",
        ),
        ("train.tsv", "filename\na_0_5 \n", "train.tsv:2: 'a_0_5 ' begins or ends with a space"),
        ("train.tsv", "filename\n\u00e9_0_5\ne\u0301_0_5\n", "train.tsv:3: \u00e9_0_5 is listed twice"),
    ],
)
def test_bad_tables_are_refused_in_one_line(custom_root, table, content, message):
    (custom_root / "annotations" / table).write_text(content)
    with pytest.raises(LeapError, match=message.replace("(", r"\(")) as raised:
        pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing())
    assert "\n" not in str(raised.value)
    assert not (custom_root / "kitchen.h5").exists()


@pytest.mark.parametrize(
    ("split", "name", "message"),
    [
        (
            "train",
            "c_6_11",
            r"train\.tsv:5 \(c_6_11\) and .*test\.tsv:2 \(c_6_11\): two splits share second 6 of c",
        ),
        (
            "train",
            "c_5_10",
            r"train\.tsv:5 \(c_5_10\) and .*test\.tsv:2 \(c_6_11\): two splits share second 6 of c",
        ),
        ("val", "d_2_7", r"val\.tsv:3 \(d_2_7\) and .*test\.tsv:3 \(d_2_7\): two splits share second 2 of d"),
        (
            "val",
            "b_04_9",
            r"train\.tsv:4 \(b_0_5\) and .*val\.tsv:3 \(b_04_9\): two splits share second 4 of b",
        ),
    ],
)
def test_seconds_in_two_splits_are_refused_and_both_places_named(custom_root, split, name, message):
    table = custom_root / "annotations" / f"{split}.tsv"
    table.write_text(table.read_text() + (f"{name}\tkettle\n" if split == "train" else f"{name}\n"))
    with pytest.raises(LeapError, match=message):
        pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing())
    assert not (custom_root / "kitchen.h5").exists()


def test_a_table_of_names_may_begin_with_a_byte_order_mark(custom_root):
    table = custom_root / "annotations" / "test.tsv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes())
    with packed(custom_root) as store:
        assert store.ids("test") == ("c_6_11", "d_2_7")


def test_only_the_rows_of_a_video_are_read(custom_root, monkeypatch):
    """A file of an hour may be listed as hundreds of windows."""
    read, cut = [], Source.cut

    def count(source, array, *arguments):
        assert isinstance(array, np.memmap)
        part = cut(source, array, *arguments)
        read.append(part.shape)
        return part

    monkeypatch.setattr(Source, "cut", count)
    with packed(custom_root) as store:
        assert store.splits == {"train": 3, "val": 1, "test": 2}
    assert {shape[0] for shape in read} == {5}


@pytest.mark.parametrize(
    ("source", "kept"), [*((source, False) for source in (*FEATURES, *PSEUDO_LABELS)), (FEATURES[1], True)]
)
def test_a_part_is_that_of_the_whole(source, kept):
    rng, seconds = np.random.default_rng(0), 47
    array = rng.normal(size=(source.rows_of(seconds), 6)).astype(np.float32)
    pooled = source.pool is not None and not kept
    whole = source.pool(array, seconds) if pooled else array
    rows = len(whole) // seconds
    for start, end in ((0, 47), (0, 1), (9, 11), (10, 20), (38, 47)):
        assert_array_equal(source.cut(array, start, end, kept), whole[rows * start : rows * end])


def test_parts_of_one_file_may_overlap_within_a_split(custom_root):
    table = custom_root / "annotations" / "test.tsv"
    table.write_text(table.read_text() + "c_7_12\n")
    with packed(custom_root) as store:
        assert store.ids("test") == ("c_6_11", "d_2_7", "c_7_12")


@pytest.mark.parametrize("span", ["a_5_5", "a_8_13", "a_7_2", "e_0_5", "e", "a" * 300, "a\0"])
def test_spans_without_features_are_problems(custom_root, span):
    (custom_root / "annotations" / "train.tsv").write_text(f"filename\n{span}\n")
    assert len(pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing())) == 1


def test_a_single_number_is_no_features_of_a_file(custom_root):
    np.save(custom_root / "feats/vggish/a.npy", np.float32(1))
    problems = pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing())
    assert [tuple(problem) for problem in problems] == [
        ("feats/vggish/a.npy", f"lasts 0 s, so it does not contain {name}") for name in ("a_0_5", "a_5_10")
    ]


@pytest.mark.parametrize(
    "name", ["llp", "av-digits", "llp-sim", "llp-sim-50", "llp-sim-7", "Kitchen", "", "../x", "a b"]
)
def test_names_of_data_sets_are_restricted(custom_root, name):
    with pytest.raises(
        LeapError, match="cannot name a custom data set; use other lower-case letters, digits and"
    ):
        pack_custom(name, custom_root, custom_root / "x.h5", Packing())


def test_weak_labels_of_a_file_unite_its_spans(tmp_path):
    path = tmp_path / "train.tsv"
    path.write_text("filename\tevent_labels\na_0_5\tkettle\na_5_10\tchop\nb\tTap_running\n")
    found = weak_by_file([path], CLASSES)
    assert {name: weak.tolist() for name, weak in found.items()} == {
        "a": [1, 0, 1],
        "a_0_5": [1, 0, 0],
        "a_5_10": [0, 0, 1],
        "b": [0, 1, 0],
    }


def test_values_that_cannot_be_stored_are_named_with_their_file(custom_root):
    path = custom_root / "feats/res152/b.npy"
    np.save(path, np.load(path) * 1e5)
    with pytest.raises(
        LeapError, match=r"res152/b\.npy: holds NaN, infinity, or values too large for float16"
    ):
        pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing())
    assert pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing(dtype="float32")) == []
    np.save(custom_root / "CLAP/segment_pseudo_labels/a.npy", np.full((SECONDS, 3), 2))
    with pytest.raises(LeapError, match=r"a\.npy: holds labels other than 0 and 1"):
        pack_custom("kitchen", custom_root, custom_root / "kitchen.h5", Packing(dtype="float32"))
