import json

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.features import clap
from leap.features import embeddings as features
from leap.features import pseudo_labels as teachers
from leap.features.extraction import Making, extract_folder
from leap.features.media import open_clip
from leap.features.networks.loading import load_network
from leap.features.pseudo_labels import ClassPrompts, Prompt, Teaching, read_teaching, scores, teach
from leap.features.text_embeddings import text_embeddings
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.random_networks import tiny_clap, tiny_clip
from tests.label_embeddings.test_encoders import save_tokenizer

KINDS = ("pseudo_audio", "pseudo_visual")
CLASSES = ("dog", "cat", "barks")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    for name, network in (("clip", tiny_clip()), ("clap", tiny_clap())):
        network.save_pretrained(folder / name)
        save_tokenizer(folder / name)
    return folder


@pytest.fixture
def clip(tmp_path):
    return open_clip(write_clip(tmp_path / "film.mkv", numbered(24), samples=tone(3)))


def teaching(kind_of_scores="logits", threshold=0.0):
    prompt = {name: Prompt(f"a {name}", threshold) for name in CLASSES}
    return Teaching(kind_of_scores, {name: ClassPrompts(one, one) for name, one in prompt.items()})


def test_valors_prompts_are_complete():
    valor = read_teaching("valor")
    assert tuple(valor.classes) == LLP
    assert valor.scores == "logits"
    seen, heard = valor.prompts("pseudo_visual"), valor.prompts("pseudo_audio")
    assert [p.threshold for p in seen] == [
        20, 15, 18, 14, 15, 18, 18, 15, 15, 15, 15, 18, 15, 15, 15, 15, 15, 15, 15, 16, 14, 15, 15, 15, 18,
    ]  # fmt: skip
    assert [p.threshold for p in heard] == [
        0, 0, 1, 4, 6, -2, 4, 4, 2, 2, 2, 1, 2, 3, 0, 2, 2, 2, 0, 2, -1, 2, 3, 3, 0,
    ]  # fmt: skip
    assert all(p.text.startswith("A photo of ") and p.text.endswith(".") for p in seen)
    assert heard[LLP.index("Baby_cry_infant_cry")].text == "This is a sound of baby cry, infant cry"


def test_class_names_become_prompts(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("Tap_running\nknife (chop)\n")
    found = read_teaching(str(path))
    assert found.scores == "softmax"
    assert list(found.classes) == ["Tap_running", "knife (chop)"]
    assert found.classes["Tap_running"].seen.text == "A photo of tap running."
    assert found.classes["knife (chop)"].heard == Prompt("This is a sound of knife chop", teachers.SHARE)


def test_prompts_that_are_not_understood_are_refused_in_one_line(tmp_path):
    path = tmp_path / "prompts.json"
    heard = {"text": "y"}
    good = {"scores": "softmax", "classes": {"a": {"seen": {"text": "x"}, "heard": heard}}}
    path.write_text(json.dumps(good))
    assert read_teaching(str(path)).prompts("pseudo_audio") == [Prompt("y", teachers.SHARE)]
    for bad, where in (
        ({**good, "classes": {}}, "classes"),
        ({**good, "scores": "cosine"}, "scores"),
        ({**good, "more": 1}, "more"),
        ({**good, "classes": {"a": {"seen": {"text": ""}, "heard": heard}}}, r"classes\.a\.seen\.text"),
        ([], "top level"),
    ):
        path.write_text(json.dumps(bad))
        with pytest.raises(LeapError, match=f"prompts.json: {where}: ") as raised:
            read_teaching(str(path))
        assert "\n" not in str(raised.value)
    for text in ("{", '{"scores": "softmax", "scores": "logits"}', "[" * 10**5):
        path.write_text(text)
        with pytest.raises(LeapError, match=r"prompts.json: not JSON \("):
            read_teaching(str(path))
    with pytest.raises(LeapError, match="cannot be read"):
        read_teaching(str(tmp_path / "missing.json"))


def test_scores_are_scaled_cosines(clip, weights):
    networks = {"pseudo_audio": load_network("clap", weights), "pseudo_visual": load_network("clip", weights)}
    seconds = {
        "pseudo_audio": clap.embeddings(networks["pseudo_audio"], clip),
        "pseudo_visual": features.clip_image(networks["pseudo_visual"], clip),
    }
    scale = {"pseudo_audio": 1 / 0.07, "pseudo_visual": np.exp(2.6592)}  # as the library initialises them
    for kind in KINDS:
        texts = text_embeddings(teachers.NETWORKS[kind], tuple(f"a {name}" for name in CLASSES), weights)
        assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-6)
        logits = scores(kind, clip, teaching(), weights)
        assert_allclose(logits, scale[kind] * seconds[kind] @ texts.T, rtol=1e-4)
        shares = scores(kind, clip, teaching("softmax"), weights)
        assert_allclose(shares, torch.from_numpy(logits).softmax(1), atol=1e-6)


def test_text_embeddings_are_the_librarys(weights):
    network = load_network("clip", weights)
    tokens = torch.tensor([[3, 4, 2]])  # a dog [EOS]
    with torch.inference_mode():
        pooled = network.text_model(input_ids=tokens).pooler_output
        expected = torch.nn.functional.normalize(network.text_projection(pooled), dim=-1)
    assert_allclose(text_embeddings("clip", ("a dog", "a dog barks"), weights)[0], expected[0], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_exceed_their_thresholds_within_the_weak_label(kind, clip, weights):
    threshold = float(np.median(scores(kind, clip, teaching(), weights)))
    asked = teaching(threshold=threshold)
    found = teach(kind, clip, asked, weights)
    assert (found.shape, found.dtype) == ((3, 3), np.int64)
    assert_array_equal(found, scores(kind, clip, asked, weights) > threshold)
    assert 0 < found.sum() < found.size
    weak = np.array([0, 1, 1], np.uint8)
    assert_array_equal(teach(kind, clip, asked, weights, weak), found * weak)


def test_a_missing_stream_has_no_labels(weights, tmp_path):
    seen = open_clip(write_clip(tmp_path / "seen.mkv", numbered(8)))
    heard = open_clip(write_clip(tmp_path / "heard.mkv", samples=tone(1)))
    everything = teaching(threshold=-1e9)
    assert teach("pseudo_visual", seen, everything, weights).all()
    assert not teach("pseudo_audio", seen, everything, weights).any()
    assert not teach("pseudo_visual", heard, everything, weights).any()


def test_a_folder_becomes_valors_files(weights, tmp_path):
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    for name in ("one", "two"):
        write_clip(videos / f"{name}.mkv", numbered(16), samples=tone(2))
    weak = {"one": np.array([1, 0, 0], np.uint8)}
    making = Making(weights, teaching(threshold=-1e9), weak)
    problems = extract_folder(videos, out, ["clap", *KINDS], making)
    assert problems == ["two: has no weak label in the files given; add it, or label without --weak"]
    for folder in ("CLAP", "CLIP"):
        labels = np.load(out / folder / "segment_pseudo_labels" / "one.npy", allow_pickle=False)
        assert_array_equal(labels, [[1, 0, 0]] * 2)
    assert np.load(out / "CLAP" / "features" / "one.npy", allow_pickle=False).shape == (64, 32)


def test_weights_without_a_tokenizer_are_refused(tmp_path):
    tiny_clip().save_pretrained(tmp_path / "clip")
    with pytest.raises(LeapError, match="holds no tokenizer of clip") as raised:
        text_embeddings("clip", ("a dog",), tmp_path)
    assert "\n" not in str(raised.value)
