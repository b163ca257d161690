import json
import os

import h5py
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from leap.cli.outputs import check_outputs, is_ours
from leap.config import ModelConfig, Protocol
from leap.errors import LeapError
from leap.models.checkpoint import Description, save_parser
from leap.models.parser import build_parser

OTHERS = [
    "x.h5",
    "x.safetensors",
    "x.json",
    "x.jsonl",
    "x.tsv",
    "x.csv",
    "x.ipynb",
    "x.html",
    "x.png",
    "x.npy",
    "x",
]


def of_others(path):
    """Write a file of the suffix's format as another program writes it."""
    match path.suffix:
        case ".h5":
            with h5py.File(path, "w") as file:
                file["mine"] = 1
        case ".safetensors":
            save_file({"mine": torch.zeros(1)}, path)
        case ".json" | ".jsonl":
            path.write_text(json.dumps({"model": "mine", "classes": []}))
        case ".ipynb":
            nbformat.write(nbformat.v4.new_notebook(), path)
        case ".png":
            plt.imsave(path, np.zeros((2, 2)))
        case _:
            path.write_text("mine")
    return path


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_others_are_replaced_only_by_force(name, tmp_path):
    path = of_others(tmp_path / name)
    assert not is_ours(path)
    with pytest.raises(
        LeapError, match=f"{name}: holds something that leap did not write; choose another --out"
    ):
        check_outputs([path])
    check_outputs([path], force=True)


def test_files_of_the_package_are_recognized(tiny_path, tmp_path):
    assert is_ours(tiny_path)
    config, widths = ModelConfig(width=8, ffn=8), {"audio": 5, "visual_2d": 5}
    parser = build_parser(config, widths, torch.zeros(3, 4))
    save_parser(parser, Description(config, Protocol(), ("a", "b", "c"), widths), tmp_path)
    assert is_ours(tmp_path / "model.safetensors")
    assert is_ours(tmp_path / "config.json")


def test_a_store_under_another_suffix_is_not_recognized(tiny_path, tmp_path):
    (tmp_path / "x.npy").write_bytes(tiny_path.read_bytes())
    assert not is_ours(tmp_path / "x.npy")


@pytest.mark.parametrize("link", [os.symlink, os.link, lambda file, link: None])
def test_an_input_is_no_output_under_any_name(link, tiny_path, tmp_path):
    """Even a file of the package, and with force."""
    store = tmp_path / "store.h5"
    store.write_bytes(tiny_path.read_bytes())
    link(store, tmp_path / "link.h5")
    output = tmp_path / "missing" / ".." / ("link.h5" if (tmp_path / "link.h5").exists() else "store.h5")
    for read in (store, str(tmp_path)):
        with pytest.raises(LeapError, match="is an input and would be overwritten; choose another --out"):
            check_outputs([output], [None, "", read], force=True)
    check_outputs([output], [tmp_path / "other.h5"])


def test_a_link_to_nothing_is_not_replaced(tmp_path):
    (tmp_path / "x.h5").symlink_to(tmp_path / "gone.h5")
    with pytest.raises(LeapError, match="holds something that leap did not write"):
        check_outputs([tmp_path / "x.h5"])


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(LeapError, match="is a folder; --out must be a file"):
        check_outputs([tmp_path], force=True)


def test_a_new_file_in_a_new_folder_is_fine(tmp_path):
    check_outputs([tmp_path / "new" / "x.h5"], [tmp_path])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (("train", "missing.json", "--out", "."), "model.safetensors"),
        (("train", "missing.json", "--out", "."), "log.jsonl"),
        (("import-release", "han", "missing.pt", "--out", "x.safetensors"), "x.safetensors"),
        (("import-release", "han", "missing.pt", "--out", "."), "config.json"),
        (("data", "build", "av-digits", "--recordings", "missing", "--out", "."), "networks.safetensors"),
        (("data", "build", "av-digits", "--recordings", "missing", "--out", "."), "teacher.safetensors"),
        (("data", "build", "av-everyday", "--material", "missing", "--out", "."), "learned.safetensors"),
        (("data", "pack", "llp", "--root", "missing", "--out", "x.h5"), "x.h5"),
        (("data", "pack-custom", "kitchen", "--root", "."), "kitchen.h5"),
        (("data", "simulate", "--videos", "9", "--out", "x.h5"), "x.h5"),
        (("data", "measure-features", "--features", "missing.npy", "--out", "x.json"), "x.json"),
        (("data", "measure-layouts", "--annotations", "missing", "--out", "x.json"), "x.json"),
        (("data", "embed-labels", "--source", "ngrams", "--out", "x.npy"), "x.npy"),
        (("study", "notebook", "missing.ipynb", "--out", "x.ipynb"), "x.ipynb"),
        (("study", "notebook", "missing.ipynb", "--out", "x.ipynb"), "x.ipynb.failed"),
        (("study", "search", "--data", "missing", "--out", "x.json"), "x.json"),
        (("parse", "av-digits", "--model", "missing", "--video", "test-0000", "--out", "."), "test-0000.png"),
    ],
)
def test_every_command_refuses_before_it_looks_at_anything_else(
    command, output, refused, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = of_others(tmp_path / output)
    content = path.read_bytes()
    assert f"{output}: holds something that leap did not write" in refused(*command)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_that_was_edited_is_kept(tmp_path):
    from leap.io.download import file_sha256

    table = tmp_path / "a_b_audio.tsv"
    table.write_text("filename\tonset\toffset\tevent_labels\n")
    keys = dict.fromkeys(("video", "segments", "events", "probabilities"))
    timeline = keys | {"tables": {table.name: file_sha256(table)}}
    (tmp_path / "a_b.json").write_text(json.dumps(timeline))
    assert is_ours(table)
    assert is_ours(tmp_path / "a_b.json")
    table.write_text(table.read_text() + "a_b\t0\t1\tDog\n")
    assert not is_ours(table)


def test_commands_repeat_what_they_wrote(leap, tmp_path):
    command = ("data", "measure-features", "--features", tmp_path / "x.npy", "--out", tmp_path / "x.json")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((3, 4, 5)))
    assert leap(*command)[0] == leap(*command)[0] == 0
