import sys

import pytest
import torch
from safetensors.torch import save_file

from leap.errors import LeapError
from leap.features.networks.loading import load_network
from leap.features.networks.r2plus1d import R2Plus1D
from tests.features.random_networks import tiny_clip, tiny_resnet


def test_networks_are_loaded_with_their_weights(tmp_path):
    networks = {"r2plus1d_18": R2Plus1D().eval(), "resnet-152": tiny_resnet()}
    save_file(networks["r2plus1d_18"].state_dict(), tmp_path / "r2plus1d_18.safetensors")
    networks["resnet-152"].save_pretrained(tmp_path / "resnet-152")
    for name, network in networks.items():
        loaded, expected = load_network(name, tmp_path), network.state_dict()
        assert not loaded.training
        assert loaded.state_dict().keys() == expected.keys()
        assert all(torch.equal(value, expected[key]) for key, value in loaded.state_dict().items())


def test_other_weights_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "vggish.safetensors")
    (tmp_path / "r2plus1d_18.safetensors").write_bytes(b"no weights")
    tiny_clip().save_pretrained(tmp_path / "resnet-152")
    for name in ("vggish", "r2plus1d_18", "resnet-152"):
        with pytest.raises(LeapError, match=f"{name}.*: not the weights of {name}") as raised:
            load_network(name, tmp_path)
        assert "\n" not in str(raised.value)


def test_the_reason_names_what_the_weights_lack_and_how_to_get_them(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "vggish.safetensors")
    with pytest.raises(LeapError, match=r"Missing key\(s\).*`leap weights fetch vggish --weights "):
        load_network("vggish", tmp_path)


def test_weights_that_may_not_be_read_are_not_called_other_weights(tmp_path, monkeypatch):
    path = tmp_path / "vggish.safetensors"
    path.touch()

    def refuse(self, *_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(LeapError, match=rf"^{path}: permission denied$"):
        load_network("vggish", tmp_path)


def test_without_transformers_the_message_names_the_extra(tmp_path, monkeypatch):
    tiny_resnet().save_pretrained(tmp_path / "resnet-152")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(LeapError, match=r"^transformers is not installed: pip install 'leap-avvp\[text\]'$"):
        load_network("resnet-152", tmp_path)
