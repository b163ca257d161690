import hashlib
import zipfile
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from leap.data.av_digits import build, fetch, networks, rederive, render, rendering, sources
from leap.data.av_digits.rendering import RATE, REFERENCE_RMS, Material, load_material
from leap.data.pseudo_labels import precision_recall
from leap.data.registry import dataset_path, open_dataset
from leap.data.store import FeatureStore
from leap.data.teacher import teacher_labels, teacher_scores
from leap.errors import LeapError


@pytest.fixture(scope="module")
def material(recordings):
    return load_material(recordings, "train")


@pytest.fixture(scope="module")
def labels():
    audio, visual = np.zeros((2, 10, 10), np.uint8)
    audio[2:5, 3] = audio[4:, 7] = visual[:6, 3] = 1
    return audio, visual


@pytest.fixture(scope="module")
def built(recordings, tmp_path_factory):
    """Two builds of a very small AV-Digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "check_recordings", lambda folder: None)
        patch.setattr(build, "SIZES", {"train": 12, "val": 6, "test": 6})
        patch.setattr(networks, "EXAMPLES", 128)
        patch.setattr(networks, "EPOCHS", 2)
        return [build.build_av_digits(recordings, tmp_path_factory.mktemp("built")) for _ in range(2)]


def test_roles_are_disjoint():
    for first, second in combinations(sources.ROLES.values(), 2):
        assert not set(first.files()) & set(second.files())
        assert not set(range(*first.handwriting)) & set(range(*second.handwriting))
    assert [name for name, role in sources.ROLES.items() if sources.HELD_OUT in role.speakers] == ["test"]


@pytest.mark.parametrize("dataset", ["built", "av-digits"])
def test_provenance_declares_disjoint_roles(dataset, request):
    path = str(request.getfixturevalue("built")[0]) if dataset == "built" else dataset
    with open_dataset(path) as store:
        roles = store.provenance["roles"]
    assert set(roles) == {"student", "teacher", "train", "val", "test"}
    for first, second in combinations(roles.values(), 2):
        for name in ("takes", "handwriting"):
            assert first[name][1] <= second[name][0] or second[name][1] <= first[name][0]
    assert [name for name, role in roles.items() if "theo" in role["speakers"]] == ["test"]


def test_no_two_roles_share_an_image():
    images = [
        {image.tobytes() for digit in sources.load_images(role) for image in digit} for role in sources.ROLES
    ]
    assert sum(map(len, images)) == 1797
    assert all(not first & second for first, second in combinations(images, 2))


def test_recordings_are_known_by_one_hash_of_their_names_and_contents(recordings, monkeypatch):
    with pytest.raises(LeapError, match="not the 3,000 recordings of revision 26eb9aa"):
        sources.check_recordings(recordings)
    listed = "".join(
        f"{name} {hashlib.sha256((recordings / name).read_bytes()).hexdigest()}\n"
        for name in sorted(path.name for path in recordings.iterdir())
    )
    monkeypatch.setattr(sources, "RECORDINGS_SHA256", hashlib.sha256(listed.encode()).hexdigest())
    sources.check_recordings(recordings)


def test_sounds_have_unit_power_and_belong_to_their_role(material):
    assert set(material.sounds[0]) == set(sources.KNOWN)
    assert [len(takes) for takes in material.sounds[4].values()] == [12] * 5
    assert np.mean(material.sounds[4]["lucas"][0] ** 2) == pytest.approx(1, abs=1e-4)
    assert sum(map(len, material.images)) == 500
    assert material.images[0][0].shape == (16, 16)


def test_bad_recordings(tmp_path):
    with pytest.raises(LeapError, match=r"0_george_0.wav: no such file; fetch"):
        sources.load_sounds(tmp_path, "test")
    wavfile.write(tmp_path / "0_george_0.wav", 16000, np.ones(10, np.int16))
    with pytest.raises(LeapError, match=r"0_george_0.wav: not a mono recording at 8000 Hz"):
        sources.load_sounds(tmp_path, "test")
    with pytest.raises(LeapError, match="no such folder"):
        sources.check_recordings(tmp_path / "none")


def test_one_video_renders_by_itself(material, labels):
    waveform, frames = render("train", 5, *labels, material)
    assert waveform.shape == (10, 8000)
    assert frames.shape == (10, 32, 32)
    assert waveform.dtype == frames.dtype == np.float32
    again = render("train", 5, *labels, material)
    assert np.array_equal(waveform, again.waveform)
    assert np.array_equal(frames, again.frames)
    for other in (render("train", 6, *labels, material), render("train", 5, *labels, material, seed=1)):
        assert not np.array_equal(waveform, other.waveform)
        assert not np.array_equal(frames, other.frames)


def test_digits_are_heard_and_seen_where_the_labels_say(material, labels):
    """Against the same video with silent recordings and blank images only labelled segments differ."""
    silent = Material(
        [
            {speaker: [0 * take for take in takes] for speaker, takes in digit.items()}
            for digit in material.sounds
        ],
        [0 * images for images in material.images],
    )
    full, empty = (render("train", 0, *labels, part) for part in (material, silent))
    heard = np.abs(full.waveform - empty.waveform).max(1) > 0
    seen = np.abs(full.frames - empty.frames).max((1, 2)) > 0.1
    assert heard.tolist() == labels[0].any(1).tolist()
    assert seen.tolist() == labels[1].any(1).tolist()


def test_background_levels(material):
    nothing = np.zeros((10, 10), np.uint8)
    powers = [render("val", i, nothing, nothing, material).waveform.std() / REFERENCE_RMS for i in range(40)]
    decibels = 20 * np.log10(powers)
    low, high = rendering.BACKGROUND_DB
    assert low - 0.01 < decibels.min() < low + 3
    assert high - 3 < decibels.max() < high + 0.01


def test_log_mel_finds_a_tone():
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(8000) / RATE)[None]
    bands = networks.log_mel(tone)[0].mean(1)
    assert networks.log_mel(tone).shape == (1, 40, 51)
    mel = 2595 * np.log10(1 + 1000 / 700) / (2595 * np.log10(1 + 4000 / 700)) * 41 - 1
    assert abs(bands.argmax().item() - mel) <= 1


def test_features_are_scaled_but_not_centred():
    features = torch.relu(torch.randn(20, 10, 4, generator=torch.Generator().manual_seed(0))) * 3
    features[..., 3] = 0
    scale = build.feature_scale(features)
    scaled = (features / scale).flatten(0, 1)
    assert torch.allclose(scaled.std(0), torch.tensor([1.0, 1, 1, 0]))
    assert torch.equal(scaled == 0, features.flatten(0, 1) == 0)


def test_the_threshold_is_chosen_within_the_weak_label():
    true = np.array([[[1, 0], [1, 0], [0, 0], [0, 0]]], np.uint8)
    logits = torch.tensor([[[2.0, 3.0], [-1.1, 3.0], [-1.9, 3.0], [-5.0, 3.0]]])
    val = {"teacher_audio": logits, "weak": np.array([[1, 0]], np.uint8), "true_audio": true}
    assert -1.9 <= build.logit_threshold(val, "audio") < -1.1


def test_build_is_deterministic(built):
    with FeatureStore(built[0]) as first, FeatureStore(built[1]) as second:
        assert first.checksum == second.checksum
        assert first.splits == {"train": 12, "val": 6, "test": 6}
        assert first.ids("val")[1] == "val-0001"
        videos = first.videos("train")
    first, second = (path.with_name(build.NETWORKS).read_bytes() for path in built)
    assert first == second
    assert torch.equal(videos.weak, torch.maximum(videos.true_audio, videos.true_visual).amax(1))
    for pseudo in (videos.pseudo_audio, videos.pseudo_visual):
        assert (pseudo <= videos.weak[:, None]).all()
    assert videos.audio.min() == 0


@pytest.mark.parametrize("split", ["val", "test"])
def test_pseudo_labels_are_the_teachers_labels_within_the_weak_label(split, built):
    with FeatureStore(built[0]) as store:
        videos, labels = store.videos(split), teacher_labels(store, split)
    for unmasked, pseudo in zip(labels, (videos.pseudo_audio, videos.pseudo_visual), strict=True):
        assert torch.equal(unmasked * videos.weak[:, None], pseudo)


def test_small_build_is_rederived(built, recordings):
    with FeatureStore(built[0]) as store:
        assert_same(rederive(store, recordings, "test", range(3)))
        logits = build.rederive_teacher(store, recordings, "test", range(3))
        for new, stored in zip(logits, teacher_scores(store, "test"), strict=True):
            torch.testing.assert_close(new, stored[:3])


def test_networks_of_another_build_are_refused(built, recordings, tmp_path):
    folder = built[0].parent
    for name in (build.STORE, build.NETWORKS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with FeatureStore(tmp_path / build.STORE) as store:
        other, scales, _ = networks.load_networks(tmp_path / build.NETWORKS)
        networks.save_networks(tmp_path / build.NETWORKS, other, scales, {"seed": 1})
        with pytest.raises(LeapError, match="not the networks"):
            rederive(store, recordings, "test", [0])


def assert_same(videos):
    """The rounding of the store, plus what another machine's arithmetic may do."""
    for new, stored in ((videos.audio, videos.stored_audio), (videos.visual, videos.stored_visual)):
        assert new.shape == stored.shape
        assert torch.allclose(new, stored, rtol=2e-3, atol=build.STEP / 2 + 2e-3)


def test_shipped_data_set():
    with open_dataset("av-digits") as store:
        assert store.splits == {"train": 2000, "val": 400, "test": 800}
        assert store.widths == {"audio": 128, "visual_2d": 128}
        assert store.classes[3] == "three"
        for split in store.splits:
            videos = store.videos(split)
            assert len(set(store.ids(split))) == len(videos)
            for modality in ("audio", "visual"):
                true = getattr(videos, f"true_{modality}")
                painted = precision_recall(videos.weak[:, None].expand_as(true), true)
                assert precision_recall(getattr(videos, f"pseudo_{modality}"), true).f > painted.f
    assert dataset_path("av-digits").stat().st_size < 10e6


def test_networks_file(built, tmp_path):
    loaded, scales, config = networks.load_networks(built[0].with_name(build.NETWORKS))
    assert config["seed"] == 0
    assert scales["audio"].shape == (128,)
    assert not loaded["teacher"]["visual"].training
    (tmp_path / "networks.safetensors").write_bytes(b"none")
    with pytest.raises(LeapError, match=r"networks\.safetensors: not the networks of AV-Digits"):
        networks.load_networks(tmp_path / "networks.safetensors")
    with pytest.raises(LeapError, match=r"missing\.safetensors: no such file; build the data set again"):
        networks.load_networks(tmp_path / "missing.safetensors")


def serve_archive(server, members):
    with zipfile.ZipFile(server.folder / "archive.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def accept(folder):
    pass


def test_only_recordings_are_unpacked(tmp_path, server):
    names = ("root/recordings/1_a_0.wav", "root/README.md", "root/../../evil.wav", "/recordings/../evil2.wav")
    serve_archive(server, {name: name for name in names})
    fetch.fetch_archive(f"{server.url}/archive.zip", tmp_path / "out", accept)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1_a_0.wav"]
    with pytest.raises(LeapError, match="exists already"):
        fetch.fetch_archive(f"{server.url}/archive.zip", tmp_path / "out", accept)


def test_nothing_is_left_of_a_bad_download(tmp_path, server):
    serve_archive(server, {"root/recordings/1_a_0.wav": "x"})
    url = f"{server.url}/archive.zip"
    with pytest.raises(LeapError, match="not the 3,000 recordings"):
        fetch.fetch_archive(url, tmp_path / "out", sources.check_recordings)
    with pytest.raises(LeapError, match="cannot download"):
        fetch.fetch_archive(f"{server.url}/none.zip", tmp_path / "out", accept)
    (server.folder / "archive.zip").write_bytes(b"none")
    with pytest.raises(LeapError, match="not a sound zip archive"):
        fetch.fetch_archive(url, tmp_path / "out", accept)
    assert list(tmp_path.iterdir()) == []
