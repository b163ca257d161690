"""Values that a shell completes after Tab: names that the package knows.

A completion has to answer at once, so the names are written here again instead of imported from registries
that import PyTorch; the tests compare them with these registries.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

Complete = Callable[[str], list[str]]
"""Function from the beginning of a value to the values that continue it."""

PRESETS = (
    *("han", "mm-pyr", "valor", "valor+", "valor++", "cmpae", "jomold-estimator"),
    *("leap-han", "leap", "leap-release", "uwav", "ours"),
)
DATASETS = ("av-digits", "av-everyday", "llp", "llp-sim")
PROTOCOLS = ("han", "mm-pyr", "valor", "leap", "uwav", "jomold", "lsld", "cmpae", "coleaf", "nrep")
KINDS = (
    *("audio", "visual_2d", "visual_3d", "clip", "clap", "audioset"),
    *("yamnet", "efficientnet_lite0", "efficientnet_lite1", "pseudo_audio", "pseudo_visual"),
)
NETWORKS = (
    *("vggish", "vggish-pca", "resnet-152", "r2plus1d_18", "clip", "clap"),
    *("yamnet", "efficientnet-lite0", "efficientnet-lite1", "everyday"),
)
RELEASES = ("han", "mm-pyr", "valor", "cmpae", "leap", "uwav")
DEVICES = ("cpu", "cuda")
TAGGER = "tagger"

SHIPPED = Path(__file__).parents[1] / "models" / "shipped"
"""Folder of the parsers that ship, as `leap.models.shipped` lists them."""


def one_of(names: Iterable[str]) -> Complete:
    """Complete one of some names; a shell offers files if none continues the value.

    Example:
        >>> one_of(["val", "valor", "test"])("val")
        ['val', 'valor']
    """
    known = tuple(names)

    def complete(incomplete: str) -> list[str]:
        """Names that begin with what is typed."""
        return [name for name in known if name.startswith(incomplete)]

    return complete


def listed(names: Iterable[str]) -> Complete:
    """Complete the last of several names that commas separate, none of them twice.

    Example:
        >>> listed(["audio", "clip", "clap"])("clip,cl")
        ['clip,clap']
    """
    known = tuple(names)

    def complete(incomplete: str) -> list[str]:
        """What is typed, with names that continue its last one."""
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{name}" for name in known if name.startswith(last) and name not in given]

    return complete


def shipped_models(incomplete: str) -> list[str]:
    """Complete the name of a parser that ships."""
    paths = sorted(SHIPPED.glob("*/*.safetensors"))
    return one_of(path.relative_to(SHIPPED).with_suffix("").as_posix() for path in paths)(incomplete)


def clip_models(incomplete: str) -> list[str]:
    """Complete the name of what parses a video file: the tagger, or a parser that ships."""
    return [*one_of([TAGGER])(incomplete), *shipped_models(incomplete)]
