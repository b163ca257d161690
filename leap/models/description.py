"""What a parser was made for: what its checkpoint holds besides weights."""

from dataclasses import dataclass

from leap.config import STRICT, ModelConfig
from leap.inference.decode import Protocol


@dataclass(frozen=True)
class Description:
    """What a parser was made for.

    Attributes:
        model: its config.
        protocol: the decoding protocol it was selected under.
        classes: names of its C classes, in order.
        widths: widths of the features it reads.
    """

    __pydantic_config__ = STRICT

    model: ModelConfig
    protocol: Protocol
    classes: tuple[str, ...]
    widths: dict[str, int]
