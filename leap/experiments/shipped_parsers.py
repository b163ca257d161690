"""Training of the parsers that ship with the package (`leap.models.shipped`), and their model cards.

``python -m leap.experiments.shipped_parsers`` (``make parsers``) trains all of them again, in two minutes.
"""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from leap.config import RunConfig
from leap.data.registry import default_labels, open_dataset
from leap.experiments.grid import SHIPPED
from leap.experiments.systems import selected_config
from leap.io.atomic import atomic_write
from leap.models.checkpoint import load_parser, save_pretrained
from leap.models.shipped import FOLDER
from leap.training.run import train

SYSTEMS = {"leap": "LEAP + L_avss", "mmil": "MMIL"}
"""Last part of a shipped parser's name → its system, of `leap.experiments.systems`."""


@dataclass(frozen=True)
class Domain:
    """Description of the features that the parsers of a data set read.

    Attributes:
        input: the features, and the form into which a clip is brought for them.
        limits: for which clips the parsers are of little use.
    """

    input: str
    limits: str


DOMAINS = {
    "av-digits": Domain(
        "128-d outputs of two small networks that ship with AV-Digits. Of a clip: mono sound at 8 kHz, and "
        "the frame in the middle of each second, gray, 32 × 32 pixels",
        "It knows English spoken digits, and handwritten digits that are bright on a dark ground and about a "
        "quarter of the frame high. Anything else is noise to it.",
    ),
    "av-everyday": Domain(
        "128 principal components each of YAMNet's and EfficientNet-Lite0's embeddings "
        "(`leap weights fetch everyday`, 49 MB). Of a clip: mono sound limited to 4 kHz and scaled to a root "
        "mean square of 0.1, and the frame in the middle of each second, 128 × 128 pixels",
        "Its videos were composed from recordings and photographs of few origins: the dogs are dalmatians, "
        "the clocks are watches, speech is English digits by six speakers, and the instruments were recorded "
        "in one studio. Rain, fire, chainsaw, baby cry and sneeze can only be heard. Sounds and things of no "
        "class may be taken for one.",
    ),
}
"""Data set → what its parsers read."""

RUNS = {f"{dataset}/{name}": (dataset, system) for dataset in DOMAINS for name, system in SYSTEMS.items()}
"""Name of a shipped parser → data set and system of its training."""


def shipped_run(name: str) -> RunConfig:
    """The run config of a shipped parser: seed 0, with the settings chosen on the val split of AV-Digits.

    Args:
        name: key of `RUNS`.
    """
    dataset, system = RUNS[name]
    config = selected_config(system, SHIPPED)
    return replace(config, dataset=dataset, model=replace(config.model, labels=default_labels(dataset)))


def train_shipped(name: str, folder: Path) -> Path:
    """Train a shipped parser; write its checkpoint in half precision, and its card, to ``<folder>/<name>.…``.

    Args:
        name: key of `RUNS`.
        folder: folder to write to.

    Returns:
        Path of the checkpoint.

    Raises:
        OSError: a file cannot be written.
    """
    config = shipped_run(name)
    with open_dataset(config.dataset) as store, TemporaryDirectory() as scratch:
        parser, _ = train(config, store, Path(scratch))
    path = save_pretrained(parser.half(), folder / f"{name}.safetensors")
    atomic_write(path.with_suffix(".md"), model_card(name, path))
    return path


def model_card(name: str, checkpoint: Path) -> str:
    """The model card of a shipped parser, in Markdown.

    Args:
        name: key of `RUNS`.
        checkpoint: its checkpoint.
    """
    config, domain, (parser, description) = shipped_run(name), DOMAINS[RUNS[name][0]], load_parser(checkpoint)
    with open_dataset(config.dataset) as store:
        videos = store.splits["train"]
    template = Template(files("leap.experiments").joinpath("model_card.md").read_text(encoding="utf-8"))
    return template.substitute(
        name=name,
        system=RUNS[name][1],
        encoder=config.model.encoder.name,
        decoder=config.model.decoder.name,
        parameters=f"{sum(weights.numel() for weights in parser.parameters()):,}",
        width=config.model.width,
        classes=", ".join(description.classes),
        input=domain.input,
        dataset=store.dataset,
        videos=f"{videos:,}",
        epochs=config.train.epochs,
        lr=config.train.lr,
        seed=config.seed,
        limits=domain.limits,
    )


if __name__ == "__main__":
    for each in RUNS:
        print(train_shipped(each, FOLDER))
