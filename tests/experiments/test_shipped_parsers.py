import pytest
import torch

from leap.data.registry import open_dataset
from leap.experiments.shipped_parsers import RUNS, model_card, shipped_run, train_shipped
from leap.inference.decode import decode
from leap.models.checkpoint import load_parser
from leap.models.shipped import model_card as card_path
from leap.models.shipped import shipped_parsers


@pytest.mark.parametrize("name", RUNS)
def test_a_parser_and_its_card_are_those_of_its_run(name):
    path, config = shipped_parsers()[name], shipped_run(name)
    _, description = load_parser(path)
    assert (description.model, description.protocol) == (config.model, config.protocol)
    assert description.dataset == config.dataset == name.split("/")[0]
    assert model_card(name, path) == card_path(name).read_text(encoding="utf-8")


def test_all_shipped_parsers_have_a_run():
    assert sorted(RUNS) == list(shipped_parsers())


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_training_a_parser_again_gives_the_shipped_one(name, tmp_path):
    """Up to rounding, which differs between machines and may move a few decisions."""
    again, shipped = load_parser(train_shipped(name, tmp_path))[0], load_parser(name)[0]
    with open_dataset(name.split("/")[0]) as store:
        videos = store.videos("val")
    with torch.inference_mode():
        both = [decode(parser(*videos.features), shipped_run(name).protocol) for parser in (again, shipped)]
    for one, other in zip(*both, strict=True):
        assert (one != other).sum() < 0.02 * other.sum()
