import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from leap.data.av_everyday import sources
from leap.data.classes import AV_EVERYDAY
from leap.data.registry import open_dataset
from leap.errors import LeapError
from tests.everyday_material import write_tone

ROTATIONS = range(sources.FOLDS)
FOLDERS = [source.picture for source in sources.SOURCES.values() if source.picture] + [sources.BACKGROUND]


def assert_disjoint(parts):
    for first, second in combinations(parts, 2):
        assert not set(first) & set(second)


def test_classes_are_those_of_the_data_set_and_the_first_nine_can_be_seen():
    assert tuple(sources.SOURCES) == AV_EVERYDAY
    assert [bool(source.picture) for source in sources.SOURCES.values()] == [True] * 9 + [False] * 5
    assert sources.VISIBLE == 9


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_no_two_roles_share_a_recording_or_a_photograph(material, rotation):
    for label in sources.SOURCES:
        parts = [sources.role_recordings(material, label, role, rotation) for role in sources.ROLE_FOLDS]
        assert all(parts)
        assert_disjoint(parts)
        assert_disjoint([[path for files in part.values() for path in files] for part in parts])
        assert sorted(name for part in parts for name in part) == list(sources.recordings(material, label))
    for folder in FOLDERS:
        parts = [sources.role_pictures(material, folder, role, rotation) for role in sources.ROLE_FOLDS]
        assert all(parts)
        assert_disjoint(parts)
        assert sum(map(len, parts)) == len(list((material / folder).iterdir()))


def test_clips_of_a_recording_notes_of_a_pitch_and_words_of_a_speaker_stay_together(material):
    assert [len(files) for files in sources.recordings(material, "dog").values()] == [2] * 5
    assert [len(files) for files in sources.recordings(material, "guitar").values()] == [2] * 6
    speech = sources.recordings(material, "speech")
    assert list(speech) == sorted(name for group in sources.SPEAKERS for name in group)
    assert [path.name for path in speech["theo"]] == ["0_theo_0.wav", "1_theo_0.wav"]


def test_recordings_without_an_open_licence_are_not_used(tmp_path):
    for name in ("1-40730-A", "1-40731-A", "2-96460-A", "2-96460-B"):
        write_tone(tmp_path / f"audio/esc10/rooster/{name}.ogg", 400)
    assert list(sources.recordings(tmp_path, "rooster")) == ["1-40731"]


def test_every_fold_is_tested_on_in_one_of_the_rotations(material):
    tested = [sources.role_recordings(material, "rain", "test", rotation) for rotation in ROTATIONS]
    assert sorted(name for part in tested for name in part) == list(sources.recordings(material, "rain"))
    for rotation in ROTATIONS:
        folds = [sources.role_folds(role, rotation) for role in sources.ROLE_FOLDS]
        assert sorted(fold for part in folds for fold in part) == list(range(sources.FOLDS))


def test_faces_are_divided_between_persons(material):
    folder = "images/caltech101/Faces"
    found = [
        {int(path.stem[-4:]) for path in sources.role_pictures(material, folder, role)}
        for role in sources.ROLE_FOLDS
    ]
    persons = [range(first + 1, last + 1) for first, last in pairwise((0, 46, 89, 266, 305, 435))]
    for person in persons:
        assert sum(bool(part & set(person)) for part in found) == 1
    assert sources.describe_roles(material)["val"]["photographs"][folder] == [(89, 266)]


def test_material_is_known_by_hashes_of_names_and_contents(material, tmp_path, monkeypatch):
    with pytest.raises(LeapError, match=r"esc10: not the files of the pinned revision; fetch"):
        sources.check_material(material)
    hashes = {name: sources.folder_sha256(material / name) for name in sources.MATERIAL_SHA256}
    monkeypatch.setattr(sources, "MATERIAL_SHA256", hashes)
    sources.check_material(material)
    with pytest.raises(LeapError, match=r"audio/esc10: no such folder; `leap data fetch av-everyday`"):
        sources.check_material(tmp_path)


def test_a_folder_without_files_is_named(tmp_path):
    with pytest.raises(LeapError, match=r"audio/esc10/rain: holds no files; `leap data fetch av-everyday`"):
        sources.role_recordings(tmp_path, "rain", "test")


def test_shipped_provenance_declares_disjoint_roles():
    with open_dataset("av-everyday") as store:
        roles = store.provenance["roles"]
    assert set(roles) == {"train", "val", "test", "teacher"}
    for first, second in combinations(roles.values(), 2):
        for label in AV_EVERYDAY:
            assert first["recordings"][label]
            assert not set(first["recordings"][label]) & set(second["recordings"][label])
        for folder in FOLDERS:
            positions = [
                {place for start, end in role["photographs"][folder] for place in range(start, end)}
                for role in (first, second)
            ]
            assert all(positions)
            assert not positions[0] & positions[1]


def test_every_recording_of_esc10_is_credited_with_an_open_licence():
    text = Path(sources.__file__).with_name("ATTRIBUTION.md").read_text()
    credited = dict(re.findall(r"^- (\d-\d+): .* by .+, (CC0 1\.0|CC BY 3\.0)$", text, re.MULTILINE))
    with open_dataset("av-everyday") as store:
        roles = store.provenance["roles"].values()
    used = {
        name
        for role in roles
        for label, names in role["recordings"].items()
        for name in names
        if sources.SOURCES[label].sound.startswith("audio/esc10")
    }
    assert used == set(credited)
