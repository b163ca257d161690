import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from leap.data.llp.description import read_description
from leap.errors import LeapError
from leap.features.clap_features import clap_embeddings
from leap.features.extraction import Extraction, extract_folder
from leap.features.media import open_clip
from leap.features.networks.loading import load_network
from leap.features.prompts import ClassPrompts, Prompt, PromptSet
from leap.features.pseudo_labels import TEACHERS, pseudo_labels, teacher_scores
from leap.features.text_embeddings import text_embeddings
from leap.features.visual_features import clip_features
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.random_networks import save_tiny_networks

KINDS = ("pseudo_audio", "pseudo_visual")
CLASSES = ("dog", "cat", "barks")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_tiny_networks(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def clip(tmp_path):
    return open_clip(write_clip(tmp_path / "film.mkv", numbered(24), samples=tone(3)))


def prompt_set(scores="logits", threshold=0.0):
    prompt = {name: Prompt(f"a {name}", threshold) for name in CLASSES}
    return PromptSet(scores, {name: ClassPrompts(one, one) for name, one in prompt.items()})


def test_scores_are_scaled_cosines(clip, weights):
    networks = {"pseudo_audio": load_network("clap", weights), "pseudo_visual": load_network("clip", weights)}
    seconds = {
        "pseudo_audio": clap_embeddings(networks["pseudo_audio"], clip),
        "pseudo_visual": clip_features(networks["pseudo_visual"], clip),
    }
    scale = {"pseudo_audio": 1 / 0.07, "pseudo_visual": np.exp(2.6592)}  # as the library initialises them
    for kind in KINDS:
        texts = text_embeddings(TEACHERS[kind], tuple(f"a {name}" for name in CLASSES), weights)
        assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-6)
        logits = teacher_scores(kind, clip, prompt_set(), weights)
        assert_allclose(logits, scale[kind] * seconds[kind] @ texts.T, rtol=1e-4)
        shares = teacher_scores(kind, clip, prompt_set("softmax"), weights)
        assert_allclose(shares, torch.from_numpy(logits).softmax(1), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_exceed_their_thresholds_within_the_weak_label(kind, clip, weights):
    threshold = float(np.median(teacher_scores(kind, clip, prompt_set(), weights)))
    prompts = prompt_set(threshold=threshold)
    found = pseudo_labels(kind, clip, prompts, weights)
    assert (found.shape, found.dtype) == ((3, 3), np.int64)
    assert_array_equal(found, teacher_scores(kind, clip, prompts, weights) > threshold)
    assert 0 < found.sum() < found.size
    weak = np.array([0, 1, 1], np.uint8)
    assert_array_equal(pseudo_labels(kind, clip, prompts, weights, weak), found * weak)


def test_a_missing_stream_has_no_labels(weights, tmp_path):
    seen = open_clip(write_clip(tmp_path / "seen.mkv", numbered(8)))
    heard = open_clip(write_clip(tmp_path / "heard.mkv", samples=tone(1)))
    everything = prompt_set(threshold=-1e9)
    assert pseudo_labels("pseudo_visual", seen, everything, weights).all()
    assert not pseudo_labels("pseudo_audio", seen, everything, weights).any()
    assert not pseudo_labels("pseudo_visual", heard, everything, weights).any()


def test_a_folder_becomes_valors_files(weights, tmp_path):
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    for name in ("one", "two"):
        write_clip(videos / f"{name}.mkv", numbered(16), samples=tone(2))
    weak = {"one": np.array([1, 0, 0], np.uint8)}
    extraction = Extraction(weights, prompt_set(threshold=-1e9), weak)
    problems = extract_folder(videos, out, ["clap", *KINDS], extraction)
    assert problems == ["two: not in the tables given by --weak; add it to one of them, or omit --weak"]
    for folder in ("CLAP", "CLIP"):
        labels = np.load(out / folder / "segment_pseudo_labels" / "one.npy", allow_pickle=False)
        assert_array_equal(labels, [[1, 0, 0]] * 2)
    assert np.load(out / "CLAP" / "features" / "one.npy", allow_pickle=False).shape == (64, 32)
    assert read_description(out / "CLAP" / "features").classes == ()
    described = read_description(out / "CLIP" / "segment_pseudo_labels")
    assert (described.classes, described.scores) == (CLASSES, "logits")
    assert described.prompts == tuple((f"a {name}", -1e9) for name in CLASSES)
    weak["two"] = np.array([0, 1, 0], np.uint8)
    with pytest.raises(LeapError, match=r"was made with other weak labels \(--weak\)"):
        extract_folder(videos, out, KINDS, Extraction(weights, prompt_set(threshold=-1e9), weak))
    with pytest.raises(LeapError, match="was made with other prompts or thresholds, weak labels"):
        extract_folder(videos, out, KINDS, Extraction(weights, prompt_set()))
    assert not list((out / "CLIP").rglob("two.npy"))
