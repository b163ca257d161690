"""Models: a parser composes a front end, an encoder and a decoder."""

from leap.models.checkpoint import from_pretrained, save_pretrained
from leap.models.cmpae import CmpaeParser, JomoldParser
from leap.models.output import Parsing
from leap.models.parser import Parser, build_parser
from leap.models.uwav import UwavFrontend

__all__ = [
    "CmpaeParser",
    "JomoldParser",
    "Parser",
    "Parsing",
    "UwavFrontend",
    "build_parser",
    "from_pretrained",
    "save_pretrained",
]
