"""A trained parser and the decoding protocol with which it parses a data set."""

from pathlib import Path
from typing import NamedTuple

from leap.config import Protocol
from leap.data.store import FeatureStore
from leap.inference.predict import parse_videos
from leap.inference.protocols import CHOSEN_ON_VAL, named_protocol
from leap.inference.thresholds import choose_class_thresholds
from leap.models.checkpoint import check_fit, load_parser
from leap.models.parser import Parser


class LoadedParser(NamedTuple):
    """A trained parser, its decoding protocol, and the kinds of features that it reads."""

    parser: Parser
    protocol: Protocol
    inputs: tuple[str, str]


def load_for_store(model: str | Path, store: FeatureStore, protocol: str = "") -> LoadedParser:
    """Load a trained parser for a store.

    Args:
        model: folder or file of the parser, or the name of one that ships.
        store: the store; CMPAE's protocol chooses its class thresholds on val.
        protocol: the release whose decoding protocol is used; empty for the parser's own.

    Raises:
        LeapError: the parser cannot be read or does not fit the store, or the protocol is unknown.
    """
    parser, description = load_parser(Path(model))
    inputs = description.model.inputs
    check_fit(description, store.classes, store.input_widths(inputs))
    used = named_protocol(protocol) if protocol else description.protocol
    if protocol in CHOSEN_ON_VAL:
        val = store.videos("val", inputs)
        used = choose_class_thresholds(parse_videos(parser, val), val.truth()[1], used)
    return LoadedParser(parser, used, inputs)
