from dataclasses import replace

import numpy as np
import pytest

from leap.data.llp.description import (
    FEATURES_VERSION,
    FILE,
    OFFICIAL,
    FeatureDescription,
    check_folder,
    column_order,
    origin,
    read_description,
    write_description,
)
from leap.errors import LeapError

CLASSES = ("Hund", "Öl", "dog")
PSEUDO = FeatureDescription(
    "pseudo_audio",
    FEATURES_VERSION["pseudo_audio"],
    {"clap": "0" * 64},
    CLASSES,
    "softmax",
    tuple((f"a {name}", 0.1 + 0.2) for name in CLASSES),
    "1" * 64,
)
CHANGES = {
    "kind": {"kind": "pseudo_visual"},
    "version of the feature code": {"version": 1},
    "weights": {"networks": {"clap": "f" * 64}},
    "classes": {"classes": CLASSES[::-1]},
    "scores": {"scores": "logits"},
    "prompts or thresholds": {"prompts": tuple((f"a {name}", 0.3) for name in CLASSES)},
    "weak labels (--weak)": {"weak_sha256": ""},
}


def test_a_description_is_read_as_it_was_written_and_stays(tmp_path):
    assert read_description(tmp_path) is None
    assert origin(tmp_path) == OFFICIAL
    write_description(tmp_path, PSEUDO)
    write_description(tmp_path, replace(PSEUDO, scores="logits"))
    assert read_description(tmp_path) == PSEUDO
    assert origin(tmp_path)["classes"] == CLASSES
    check_folder(tmp_path, PSEUDO)


@pytest.mark.parametrize("words", CHANGES)
def test_a_folder_made_with_other_settings_is_refused_and_the_difference_named(tmp_path, words):
    write_description(tmp_path, PSEUDO)
    with pytest.raises(LeapError) as raised:
        check_folder(tmp_path, replace(PSEUDO, **CHANGES[words]))
    assert str(raised.value) == (
        f"{tmp_path}: was made with other {words}; choose another --out, or move the folder away"
    )


def test_arrays_without_a_description_are_refused_and_other_files_are_not(tmp_path):
    check_folder(tmp_path / "nowhere", PSEUDO)
    (tmp_path / "README").write_text("")
    check_folder(tmp_path, PSEUDO)
    np.save(tmp_path / "a.npy", np.zeros(1))
    with pytest.raises(LeapError, match=f"has arrays but no {FILE}, so they may be made with other settings"):
        check_folder(tmp_path, PSEUDO)


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"kind": "audio", "version": "2", "networks": {}}', "\0"]
)
def test_a_damaged_description_is_refused_in_one_line(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    message = rf"{FILE}: not a description of features \(.+\); extract them again"
    with pytest.raises(LeapError, match=message) as raised:
        read_description(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_description_that_may_not_be_read_needs_no_other_folder(tmp_path, monkeypatch):
    (tmp_path / FILE).touch()

    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(tmp_path), "read_text", refuse)
    with pytest.raises(LeapError, match=rf"{FILE}: permission denied$"):
        read_description(tmp_path)


def test_columns_get_the_order_of_the_classes(tmp_path):
    assert column_order(tmp_path, "pseudo_audio", CLASSES) is None
    write_description(tmp_path, PSEUDO)
    assert column_order(tmp_path, "pseudo_audio", ("dog", "Hund", "Öl")) == (2, 0, 1)
    for classes in (("dog", "Hund"), ("dog", "Hund", "Öl", "Cat"), ("dog", "Hund", "oil")):
        with pytest.raises(LeapError, match="its classes are not those of the data set"):
            column_order(tmp_path, "pseudo_audio", classes)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            FeatureDescription("audioset", 2, {}),
            "holds audioset, not audio; extract audio into another --out",
        ),
        (
            FeatureDescription("audio", 1, {}),
            "made by older feature code, version 1; .* makes version 2: extract",
        ),
        (FeatureDescription("audio", 3, {}), "made by newer feature code, version 3; .* version 2: update"),
    ],
)
def test_files_of_another_kind_or_version_are_not_packed(tmp_path, found, message):
    write_description(tmp_path, found)
    with pytest.raises(LeapError, match=message):
        column_order(tmp_path, "audio", CLASSES)
