from leap.experiments.chapters import data
from leap.experiments.study import Study
from tests.tree import ROOT


def test_every_data_set_that_the_chapter_takes_is_described():
    assert tuple(data.DESCRIPTIONS) == data.CHAPTER.only


def test_examples_name_their_videos_and_show_the_truth_only(tmp_path):
    study = Study(data.CHAPTER, "smoke", "av-digits", tmp_path, ROOT / "results")
    first, third = data.examples(study, (0, 2), "AV-Digits")
    assert (first.index, third.index) == (0, 2)
    assert third.caption == "test-0002: frames, spectrogram and true events. AV-Digits."
    assert not first.parsings
