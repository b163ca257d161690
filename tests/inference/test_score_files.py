import json
import subprocess
import sys

import numpy as np
import pytest

from leap.data.annotations import EVENT_COLUMNS, expand_to_segments, read_annotations, write_events
from leap.data.classes import LLP
from leap.inference.further_scores import OF_EVENTS
from leap.inference.score_files import score_files
from leap.inference.scored_predictions import tables_on_llp
from leap.metrics import SCORES, overlapping_videos, parsing_scores

NAMES = tuple(f"video-{i:06}_0_10" for i in range(12))


def random_labels(seed):
    return (np.random.default_rng(seed).random((len(NAMES), 10, len(LLP))) < 0.1).astype(np.uint8)


@pytest.fixture
def annotations(tmp_path):
    """A folder of annotations of the test videos ``NAMES``."""
    lines = [f"{name}\tSpeech" for name in NAMES]
    (tmp_path / "AVVP_test_pd.csv").write_text("filename\tevent_labels\n" + "\n".join(lines) + "\n")
    write_events(tmp_path / "AVVP_eval_audio.csv", NAMES, random_labels(0))
    write_events(tmp_path / "AVVP_eval_visual.csv", NAMES, random_labels(1))
    return tmp_path


def write_predictions(folder, audio, visual):
    paths = folder / "audio.tsv", folder / "visual.tsv"
    for path, labels in zip(paths, (audio, visual), strict=True):
        write_events(path, NAMES, labels)
    return paths


def test_files_score_as_their_labels_do(annotations, tmp_path):
    cubes = [random_labels(seed) for seed in (2, 3, 0, 1)]
    cubes[0][0], cubes[1][0] = 0, 0
    result = score_files(annotations, "test", *write_predictions(tmp_path, *cubes[:2]))
    assert result["scores"] == parsing_scores(*cubes)
    overlap = overlapping_videos(*cubes[2:])
    assert result["overlap"] == {
        "videos": overlap.sum(),
        "scores": parsing_scores(*(cube[overlap] for cube in cubes)),
    }
    assert (result["videos"], result["without_prediction"]) == (12, 1)
    found = tables_on_llp(annotations, "test", *write_predictions(tmp_path, *cubes[:2]))
    for name, measure in OF_EVENTS.items():
        assert result[name] == measure(found)


def test_the_truth_scores_100(annotations):
    paths = (annotations / f"AVVP_eval_{modality}.csv" for modality in ("audio", "visual"))
    result = score_files(annotations, "test", *paths)
    assert result["scores"] == dict.fromkeys(SCORES, 100)
    assert {value for row in result["per_class"].values() for value in row.values()} <= {100, None}


def test_command_prints_tables_or_json(leap, annotations, tmp_path):
    audio, visual = write_predictions(tmp_path, random_labels(2), random_labels(3))
    options = ("--annotations", annotations, "--audio", audio, "--visual", visual)
    status, out, _ = leap("score", *options, "--json")
    result = json.loads(out)
    assert status == 0
    assert result == score_files(annotations, "test", audio, visual)
    _, out, _ = leap("score", *options, "--per-class", "--overlap", "--exclusive", "--ious")
    assert f"all videos{result['exclusive']['seg_a']:25.2f}" in out
    assert f"0.3{result['ious']['0.3']['evt_a']:32.2f}" in out
    assert f"mean{result['ious']['mean']['evt_a']:31.2f}" in out
    assert f"{result['scores']['seg_a']:.2f}" in out
    assert f"overlapping events: {result['overlap']['videos']}" in out
    assert [line.split()[0] for line in out.splitlines()[-25:]] == list(LLP)


def test_predictions_for_an_unknown_video_are_refused(refused, annotations, tmp_path):
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text("\t".join(EVENT_COLUMNS) + "\nnobody_0_10\t0\t1\tSpeech\n")
    message = refused("score", "--annotations", annotations, "--audio", wrong, "--visual", wrong)
    assert "wrong.tsv:2: 'nobody_0_10' is not one of the videos to score, such as" in message


def test_scores_of_nothing_and_of_the_weak_label_everywhere(tmp_path, llp_annotations):
    """One of two true classes is heard and seen in seconds 2 to 7: each score follows by hand."""
    path = tmp_path / "events.tsv"
    write_events(path, (), np.zeros((0, 10, 25)))
    assert score_files(llp_annotations, "test", path, path)["scores"] == dict.fromkeys(SCORES, 0)
    labels = read_annotations(llp_annotations, "test")
    write_events(path, labels.filenames, expand_to_segments(labels.weak))
    scores = score_files(llp_annotations, "test", path, path)["scores"]
    true_class = {"seg": 2 * 5 / (5 + 10), "evt": 1}  # as an event it is found: its IoU is 5 of 10
    assert scores == pytest.approx({name: 100 * (true_class[name[:3]] + 0) / 2 for name in SCORES})


def test_the_command_does_not_import_torch(annotations, tmp_path):
    audio, visual = write_predictions(tmp_path, random_labels(2), random_labels(3))
    code = (
        "import sys; from leap.cli import app; app(standalone_mode=False); assert 'torch' not in sys.modules"
    )
    options = ["--annotations", annotations, "--audio", audio, "--visual", visual]
    subprocess.run([sys.executable, "-c", code, "score", *options], check=True, stdout=subprocess.DEVNULL)
