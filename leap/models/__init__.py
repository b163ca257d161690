"""Models: a parser composes a front end, an encoder and a decoder."""

from leap.models.checkpoint import from_pretrained, save_pretrained
from leap.models.cmpae import CmpaeParser, JomoldParser
from leap.models.output import Parsing
from leap.models.parser import Parser, build_parser

__all__ = [
    "CmpaeParser",
    "JomoldParser",
    "Parser",
    "Parsing",
    "build_parser",
    "from_pretrained",
    "save_pretrained",
]
