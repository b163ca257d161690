import pytest
import torch

from leap.config import Protocol
from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.inference.load import load_for_store
from leap.inference.predict import parse_videos
from leap.inference.protocols import named_protocol
from leap.inference.thresholds import choose_class_thresholds


@pytest.fixture(scope="module")
def digits():
    with open_dataset("av-digits") as store:
        yield store


def test_a_parser_keeps_its_own_protocol_unless_a_release_is_named(digits):
    own = load_for_store("av-digits/mmil", digits)
    named = load_for_store("av-digits/mmil", digits, "jomold")
    assert (own.protocol, named.protocol) == (Protocol(), named_protocol("jomold"))
    assert own.inputs == named.inputs == ("audio", "visual_2d")
    for ours, theirs in zip(own.parser.parameters(), named.parser.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_cmpaes_thresholds_are_chosen_on_val(digits):
    parser, protocol, inputs = load_for_store("av-digits/mmil", digits, "cmpae")
    val = digits.videos("val", inputs)
    expected = choose_class_thresholds(parse_videos(parser, val), val.truth()[1], named_protocol("cmpae"))
    assert protocol == expected
    assert len(protocol.class_thresholds) == 10


@pytest.mark.parametrize(
    ("model", "protocol", "message"),
    [
        ("av-everyday/mmil", "", "the parser has the class"),
        ("av-digits/mmil", "hans", "unknown protocol 'hans'"),
    ],
)
def test_what_does_not_fit_is_refused(digits, model, protocol, message):
    with pytest.raises(LeapError, match=message):
        load_for_store(model, digits, protocol)
