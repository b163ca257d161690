import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leap.data.annotations import (
    EVENT_COLUMNS,
    read_annotations,
    read_events,
    read_videos,
    read_weak_labels,
    write_events,
)
from leap.data.classes import LLP
from leap.errors import LeapError

HEADER = "\t".join(EVENT_COLUMNS) + "\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "AVVP_val_pd.csv").write_text(
        "filename\tevent_labels\na-cutabcdefg_0_10\tSpeech,Dog\nb_0_10\tCar\n"
    )
    (tmp_path / "AVVP_test_pd.csv").write_text("filename\tevent_labels\nJfZEqeLZqWk_30_40\tSpeech\n")
    (tmp_path / "AVVP_eval_audio.csv").write_text(
        HEADER
        + "a-cutabcdefg_0_10\t0\t4\tDog\na-cutabcdefg_0_10\t3\t6\tDog\nb_0_10\t5\t5\tCar\nb_0_10\t9\t0\tCar\n"
        + "c_0_10\t0\t9\tCar\ncutabcdefg_0_10\t8\t12\tSpeech\nBaby_cry_infant_cry\t0\t2\tSpeech\n"
    )
    (tmp_path / "AVVP_eval_visual.csv").write_text(HEADER + "b_0_10\t8\t10\tCar\n")
    return tmp_path


def test_defective_rows_mark_nothing(folder):
    labels = read_annotations(folder, "val")
    assert labels.filenames == ("a-cutabcdefg_0_10", "b_0_10")
    assert [[LLP[c] for c in row.nonzero()[0]] for row in labels.weak] == [["Speech", "Dog"], ["Car"]]
    assert labels.audio[0, :, LLP.index("Dog")].tolist() == [1] * 6 + [0] * 4
    assert labels.audio.sum() == 6
    assert labels.visual[1, :, LLP.index("Car")].tolist() == [0] * 8 + [1] * 2
    assert labels.visual.sum() == 2
    assert read_annotations(folder, "test").audio.sum() == 0


def test_upstreams_repair_gives_misnamed_rows_their_video(folder):
    assert read_annotations(folder, "test", "upstream").audio.sum(axis=(0, 1))[LLP.index("Speech")] == 2
    assert read_annotations(folder, "val", "upstream").audio.sum() == 6


def test_all_repairs_place_cut_names_and_turn_reversed_rows(folder):
    audio = read_annotations(folder, "val", "all").audio
    assert audio[0, :, LLP.index("Speech")].tolist() == [0] * 8 + [1] * 2
    assert audio[1, :, LLP.index("Car")].tolist() == [1] * 9 + [0]
    assert audio.sum() == 6 + 2 + 9


def test_every_copy_of_a_video_keeps_its_labels(folder):
    """A video with two annotations is listed twice in some data sets."""
    once = read_annotations(folder, "val")
    path = folder / "AVVP_val_pd.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *rows, *rows]) + "\n")
    twice = read_annotations(folder, "val")
    assert twice.filenames == once.filenames * 2
    assert (twice.audio == np.concatenate([once.audio] * 2)).all()
    assert (twice.visual == np.concatenate([once.visual] * 2)).all()
    (folder / "p.tsv").write_text(HEADER + "b_0_10\t0\t4\tCar\n")
    assert read_events(folder / "p.tsv", ["b_0_10", "a_0_10", "b_0_10"]).sum((1, 2)).tolist() == [4, 0, 4]


@pytest.mark.parametrize(
    "row",
    [
        "b_0_10 \t0\t4\tDog",
        "b_0_10\t0\t4\tDog\u00a0",
        "b_0_10\t0\t4\tdog",
        "b_0_10\t0\t4.5\tDog",
        "b_0_10\t-1\t4\tDog",
        "b_0_10\t0\t4",
        "b_0_10\t0\t²\tDog",
    ],
)
def test_bad_row_is_named_by_line(folder, row):
    (folder / "AVVP_eval_audio.csv").write_text(HEADER + "b_0_10\t0\t4\tCar\n" + row + "\n")
    with pytest.raises(LeapError, match=r"AVVP_eval_audio.csv:3: [^\n]*; [^\n]+$"):
        read_annotations(folder, "val")


def test_missing_file_and_wrong_columns(folder):
    with pytest.raises(LeapError, match=r"AVVP_train.csv: no such file"):
        read_weak_labels(folder, "train")
    with pytest.raises(LeapError, match="split 'train' of LLP has no labels of single seconds"):
        read_annotations(folder, "train")
    with pytest.raises(LeapError, match="LLP has no split 'dev'"):
        read_weak_labels(folder, "dev")
    (folder / "AVVP_val_pd.csv").write_text("filename,event_labels\n")
    expected = (
        "not a tab-separated table with the columns filename, event_labels; its first line is 'filename,ev"
    )
    with pytest.raises(LeapError, match=expected):
        read_annotations(folder, "val")
    with pytest.raises(LeapError, match=r": is a folder$"):
        read_events(folder, ["b_0_10"])


def test_line_ends_and_byte_order_mark_do_not_matter(folder):
    expected = read_annotations(folder, "val")
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").rstrip())
    labels = read_annotations(folder, "val")
    assert labels.filenames == expected.filenames
    assert (labels.audio == expected.audio).all()


def test_a_table_in_utf_16_is_read(folder):
    """Spreadsheets call it Unicode text."""
    expected = read_annotations(folder, "val")
    for path in folder.glob("*.csv"):
        path.write_text(path.read_text(), encoding="utf-16")
    assert (read_annotations(folder, "val").audio == expected.audio).all()


def test_a_misnamed_column_is_named(folder):
    path = folder / "AVVP_eval_audio.csv"
    path.write_text(path.read_text().replace("event_labels", "event_label"))
    with pytest.raises(LeapError, match="lacks the column event_labels; it has event_label instead"):
        read_annotations(folder, "val")
    path.write_text("filename\tonset\toffset\n")
    with pytest.raises(LeapError, match="lacks the column event_labels; it has nothing instead"):
        read_annotations(folder, "val")
    path.write_text("onset\tfilename\toffset\tevent_labels\n")
    with pytest.raises(LeapError, match=r"not a tab-separated table .* its first line is 'onset\\tfilename"):
        read_annotations(folder, "val")


@given(arrays(np.uint8, (3, 10, len(LLP)), elements=st.integers(0, 1)))
def test_labels_survive_writing_and_reading(tmp_path_factory, labels):
    path = tmp_path_factory.mktemp("events") / "events.csv"
    names = ("x_0_10", "y_0_10", "-_z_0_10")
    write_events(path, names, labels)
    assert (read_events(path, names) == labels).all()


@pytest.mark.parametrize("name", ["", "a\tb", "a\nb", "a\r", " a", "a ", "\udcff"])
def test_names_that_cannot_stand_in_a_table_are_not_written(tmp_path, name):
    marked = np.ones((1, 10, 1), np.uint8)
    for names, classes in (([name], ["Dog"]), (["x"], [name])):
        with pytest.raises(LeapError, match="cannot be written to a table"):
            write_events(tmp_path / "p.csv", names, marked, classes)
    assert not (tmp_path / "p.csv").exists()


def test_names_are_compared_in_one_spelling(tmp_path):
    """An accent may be a character of its own, as in the names of files on macOS."""
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    for written in (composed, decomposed):
        path = tmp_path / "p.tsv"
        path.write_text(HEADER + f"{written}\t0\t2\t{written}\n")
        for known in (composed, decomposed):
            assert read_events(path, ["x", known], ["Dog", known], 4).tolist() == [
                [[0, 0]] * 4,
                [[0, 1]] * 2 + [[0, 0]] * 2,
            ]
        path.write_text(f"filename\tevent_labels\n{written}\tDog\n")
        assert read_videos(path, ["Dog"]).filenames == (composed,)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b_0_10\t0\tCar", "has 3 cells, not 4; separate filename, onset, offset, event_labels by tabs"),
        ("b_0_10\t0\t\tCar", "the cell of the column offset is empty; fill it, or remove the line"),
        (
            "b_0_10\t0\t1\tBark",
            r"'Bark' is not one of the 25 classes \(Speech, Car, .*…\); spell it as there",
        ),
        ("b_0_10\t0\t0.5\tCar", "'0.5' is not a time in whole seconds; write a number such as 3"),
    ],
)
def test_a_wrong_cell_is_named_with_what_would_be_right(row, message, tmp_path):
    (tmp_path / "p.csv").write_text(f"filename\tonset\toffset\tevent_labels\n{row}\n")
    with pytest.raises(LeapError, match=rf"^{tmp_path}/p\.csv:2: {message}$"):
        read_events(tmp_path / "p.csv", ["b_0_10"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("c_0_10\t0\t4\tCar", "'c_0_10' is not one of the videos to score, such as b_0_10"),
        ("b_0_10\t4\t4\tCar", "4 to 4 is not a time span"),
        ("b_0_10\t5\t11\tCar", "5 to 11 is not a time span within the 10 s"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(tmp_path, row, message):
    (tmp_path / "p.csv").write_text(HEADER + row + "\n")
    with pytest.raises(LeapError, match=message):
        read_events(tmp_path / "p.csv", ["b_0_10"])


VALID = (HEADER + "b_0_10\t0\t4\tCar\nb_0_10\t2\t9\tDog\n").encode()


def _slow_reading(content):
    """An independent reading of two-class files: the set of (second, class) pairs; None for a refusal."""
    marks = set()
    for line in content.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]:
        if line:
            name, onset, offset, label = line.split("\t")
            assert name == "b_0_10"
            assert onset.isascii()
            marks |= {(second, LLP.index(label)) for second in range(int(onset), int(offset))}
    return marks


@given(st.integers(0, len(VALID) - 1), st.binary(max_size=3))
def test_a_damaged_file_is_refused_or_read_as_it_stands(tmp_path_factory, position, patch):
    content = VALID[:position] + patch + VALID[position + 1 :]
    path = tmp_path_factory.mktemp("fuzz") / "events.csv"
    path.write_bytes(content)
    try:
        dense = read_events(path, ["b_0_10"])[0]
    except LeapError:
        return
    assert {(int(t), int(c)) for t, c in np.argwhere(dense)} == _slow_reading(content)
