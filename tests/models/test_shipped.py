import pytest
import torch

from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.inference.evaluate import evaluate
from leap.models.checkpoint import from_pretrained, load_parser, save_parser
from leap.models.shipped import model_card, shipped_parsers

NAMES = ["av-digits/leap", "av-digits/mmil", "av-everyday/leap", "av-everyday/mmil"]


def test_each_parser_is_small_and_has_a_card():
    assert list(shipped_parsers()) == NAMES
    for name, path in shipped_parsers().items():
        assert path.stat().st_size < 500_000
        assert model_card(name).read_text(encoding="utf-8").startswith(f"# {name}\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_parser_parses_the_data_set_of_its_name(name):
    parser = from_pretrained(name)
    dataset, decoder = name.split("/")
    with open_dataset(dataset) as store:
        videos = store.videos("val")
    assert (parser.description.dataset, parser.description.classes) == (dataset, store.classes)
    assert parser.description.model.decoder.name == decoder
    assert all(weights.dtype == torch.float32 for weights in parser.parameters())
    scores = evaluate(parser, videos, parser.description.protocol)
    assert 55 < scores["seg_type"] < 90


def test_a_folder_of_that_name_comes_first(tmp_path, monkeypatch):
    parser, description = load_parser("av-digits/mmil")
    with torch.no_grad():
        parser.label_embedding.fill_(2)
    save_parser(parser, description, tmp_path / "av-digits" / "mmil")
    monkeypatch.chdir(tmp_path)
    assert (from_pretrained("av-digits/mmil").label_embedding == 2).all()


def test_a_name_that_does_not_ship_is_told_where_names_are():
    with pytest.raises(LeapError, match=r"^av-digits/han.*: no such file; .* leap models list$"):
        load_parser("av-digits/han")
