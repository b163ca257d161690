"""Trained parsers that ship with the package, by names such as ``"av-everyday/leap"``.

Each is a checkpoint in half precision, ``<data set>/<decoder>.safetensors``, beside its model card,
``<data set>/<decoder>.md``. `leap.experiments.shipped_parsers` trains them.
"""

from pathlib import Path

FOLDER = Path(__file__).parent


def shipped_parsers() -> dict[str, Path]:
    """Name → checkpoint of every shipped parser, in alphabetical order.

    >>> list(shipped_parsers())
    ['av-digits/leap', 'av-digits/mmil', 'av-everyday/leap', 'av-everyday/mmil']
    """
    paths = sorted(FOLDER.glob("*/*.safetensors"))
    return {path.relative_to(FOLDER).with_suffix("").as_posix(): path for path in paths}


def model_card(name: str) -> Path:
    """Path of the model card of a shipped parser.

    Args:
        name: key of `shipped_parsers`.
    """
    return shipped_parsers()[name].with_suffix(".md")
