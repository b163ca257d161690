from pathlib import Path

import pytest

from leap.data.annotations import read_annotations
from leap.data.taxonomy import LLP
from leap.errors import LeapError

SHARED = Path(__file__).parents[3] / "shared" / "llp" / "annotations"
HEADER = "filename\tonset\toffset\tevent_labels\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "AVVP_val_pd.csv").write_text("filename\tevent_labels\na_0_10\tSpeech,Dog\nb_0_10\tCar\n")
    (tmp_path / "AVVP_eval_audio.csv").write_text(
        HEADER
        + "a_0_10\t0\t4\tDog\na_0_10\t3\t6\tDog\nb_0_10\t5\t5\tCar\nb_0_10\t9\t0\tCar\nc_0_10\t0\t9\tCar\n"
    )
    (tmp_path / "AVVP_eval_visual.csv").write_text(HEADER + "b_0_10\t8\t10\tCar\n")
    return tmp_path


def test_defective_rows_mark_nothing(folder):
    labels = read_annotations(folder, "val")
    assert labels.filenames == ("a_0_10", "b_0_10")
    assert [[LLP[c] for c in row.nonzero()[0]] for row in labels.weak] == [["Speech", "Dog"], ["Car"]]
    assert labels.audio[0, :, LLP.index("Dog")].tolist() == [1] * 6 + [0] * 4
    assert labels.audio.sum() == 6
    assert labels.visual[1, :, LLP.index("Car")].tolist() == [0] * 8 + [1] * 2
    assert labels.visual.sum() == 2


@pytest.mark.parametrize("row", ["a_0_10\t0\t4\tdog\n", "a_0_10\t0\t4.5\tDog\n", "a_0_10\t0\t11\tDog\n"])
def test_bad_row(folder, row):
    (folder / "AVVP_eval_audio.csv").write_text(HEADER + row)
    with pytest.raises(LeapError, match=r"AVVP_eval_audio.csv: '.*' is not a"):
        read_annotations(folder, "val")


def test_missing_file_and_wrong_columns(folder):
    with pytest.raises(LeapError, match=r"AVVP_test_pd.csv: cannot read"):
        read_annotations(folder, "test")
    (folder / "AVVP_val_pd.csv").write_text("filename,event_labels\n")
    with pytest.raises(LeapError, match="not a tab-separated table with the columns filename, event_labels"):
        read_annotations(folder, "val")


@pytest.mark.skipif(not SHARED.is_dir(), reason="LLP's annotations are not here")
def test_llp():
    labels = read_annotations(SHARED, "test")
    assert labels.audio.shape == labels.visual.shape == (1200, 10, 25)
    assert (labels.audio.sum(2) >= 2).mean() == pytest.approx(0.280, abs=5e-4)
    assert (labels.visual.sum(2) >= 2).mean() == pytest.approx(0.146, abs=5e-4)
    assert len(read_annotations(SHARED, "val").filenames) == 649
