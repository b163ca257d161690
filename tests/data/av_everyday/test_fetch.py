import zipfile
from pathlib import PurePosixPath

import pytest

from leap.data.av_everyday import fetch, sources
from leap.errors import LeapError

MEMBERS = {
    "karolpiczak/ESC-10": ["README.md", "001 - Dog bark/1-100032-A.ogg", "005 - Clock tick/2-7-B.ogg"],
    "skratchdot/philharmonia-samples": [
        "audio/banjo/banjo_A3_very-long_forte_normal.mp3",
        "audio/guitar/guitar_A2_very-long_forte_normal.mp3",
        *(f"audio/saxophone/saxophone_A{number:02d}_1_piano_normal.mp3" for number in range(15)),
    ],
    "Jakobovski/free-spoken-digit-dataset": ["recordings/1_theo_0.wav", "utils/x.wav", "metadata.py"],
    "MachineLearning2020/Homework2-Caltech101": [
        "101_ObjectCategories/Faces/image_0001.jpg",
        "101_ObjectCategories/accordion/image_0001.jpg",
        "101_ObjectCategories/BACKGROUND_Google/tmp",
    ],
    "ndb796/Scene-Classification-Dataset-Split": [
        *(f"train/sea/{number:02d}.png" for number in range(13)),
        "val/sea/99.png",
        "train/forest/0.png",
        "../../evil.png",
    ],
}
WANTED = {
    "audio/esc10/dog_bark/1-100032-A.ogg",
    "audio/esc10/clock_tick/2-7-B.ogg",
    "audio/philharmonia/guitar/guitar_A2_very-long_forte_normal.mp3",
    *(f"audio/philharmonia/saxophone/saxophone_A{number:02d}_1_piano_normal.mp3" for number in (0, 7, 14)),
    "fsdd/recordings/1_theo_0.wav",
    "images/caltech101/Faces/image_0001.jpg",
    *(f"images/intel/sea/{number:02d}.png" for number in (0, 6, 12)),
}


def accept(folder):
    pass


@pytest.fixture
def address(server):
    for archive in fetch.ARCHIVES:
        with zipfile.ZipFile(server.folder / f"{archive.commit}.zip", "w") as file:
            for name in MEMBERS[archive.repository]:
                file.writestr(f"root-{archive.commit}/{name}", name)
    return server.url + "/{commit}.zip"


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_material_is_laid_out_from_the_archives(address, tmp_path):
    out = fetch.fetch_material(tmp_path / "material", address, accept)
    assert files(out) == WANTED
    assert [path.name for path in tmp_path.iterdir()] == ["material"]
    with pytest.raises(LeapError, match=r"material: exists already; name a new folder"):
        fetch.fetch_material(tmp_path / "material", address, accept)


def test_other_files_than_the_pinned_ones_leave_no_material(address, tmp_path):
    with pytest.raises(LeapError, match="not the files of the pinned revision"):
        fetch.fetch_material(tmp_path / "material", address, sources.check_material)
    assert not (tmp_path / "material").exists()


def test_a_second_call_downloads_only_what_is_missing(server, address, tmp_path):
    last = server.folder / f"{fetch.ARCHIVES[-1].commit}.zip"
    content = last.read_bytes()
    last.unlink()
    with pytest.raises(LeapError, match=r"cannot download .*; run the command again to resume"):
        fetch.fetch_material(tmp_path / "material", address, accept)
    assert not (tmp_path / "material").exists()
    for archive in fetch.ARCHIVES[:-1]:
        (server.folder / f"{archive.commit}.zip").unlink()
    last.write_bytes(content)
    assert files(fetch.fetch_material(tmp_path / "material", address, accept)) == WANTED


def test_a_damaged_archive_is_downloaded_again(server, address, tmp_path):
    first = server.folder / f"{fetch.ARCHIVES[0].commit}.zip"
    content = first.read_bytes()
    first.write_bytes(b"none")
    with pytest.raises(LeapError, match="not a sound zip archive"):
        fetch.fetch_material(tmp_path / "material", address, accept)
    first.write_bytes(content)
    assert files(fetch.fetch_material(tmp_path / "material", address, accept)) == WANTED


def test_archives_are_pinned_to_commits():
    for archive in fetch.ARCHIVES:
        url = fetch.GITHUB.format(repository=archive.repository, commit=archive.commit)
        assert url == f"https://github.com/{archive.repository}/archive/{archive.commit}.zip"
        assert len(archive.commit) == 40
        assert int(archive.commit, 16)


def test_every_class_has_its_place_in_an_archive():
    dog = fetch.place_esc10(PurePosixPath("001 - Dog bark/1-100032-A.ogg"))
    assert dog.parent.as_posix() == sources.SOURCES["dog"].sound
    pictures = {source.picture for source in sources.SOURCES.values() if source.picture}
    assert pictures - {"images/intel/sea"} == {
        f"images/caltech101/{name}" for name in fetch.CALTECH if name != "BACKGROUND_Google"
    }
