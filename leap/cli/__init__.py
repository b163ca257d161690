"""The ``leap`` command."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.cli import data as data_commands
from leap.cli import features as features_commands
from leap.cli import models as models_commands
from leap.cli import predictions as predictions_commands
from leap.cli import study as study_commands
from leap.cli import weights as weights_commands
from leap.cli.completion import DATASETS, PRESETS, RELEASES, clip_models, one_of
from leap.cli.diagnose import diagnose
from leap.cli.doctor import doctor
from leap.cli.failure import exit_status
from leap.cli.loggers import Logger, opened
from leap.cli.options import (
    Config,
    Data,
    Device,
    Exclusive,
    Force,
    Ious,
    Model,
    Norm,
    Out,
    PerClass,
    ProtocolOption,
    Results,
    Split,
    SplitOption,
    Weights,
    check_out_folder,
    list_classes,
)
from leap.cli.outputs import check_outputs
from leap.cli.score import score
from leap.cli.sweep import sweep
from leap.errors import LeapError
from leap.io.reason import reason

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(data_commands.app, name="data")
app.add_typer(features_commands.app, name="features")
app.add_typer(models_commands.app, name="models")
app.add_typer(predictions_commands.app, name="predictions")
app.add_typer(study_commands.app, name="study")
app.add_typer(weights_commands.app, name="weights")
app.command()(score)
app.command()(diagnose)
app.command()(doctor)
app.command()(sweep)

Configs = Annotated[
    Path,
    typer.Argument(help="Run config, a JSON file, or a file of one config per line; - for standard input."),
]


@app.command()
def run(config: Configs, data: Data = "", results: Results = Path("results"), device: Device = "cpu") -> None:
    """Make runs: train, evaluate, write their records; prints the path of each record.

    A run that fails does not stop the others; runs that have a record are not made again.
    """
    from leap.experiments.batch import make_batch, read_configs
    from leap.training.distributed import check_device

    configs, place = read_configs(config), check_device(device)
    for record in make_batch(configs, data, results, place):
        print(record)


@app.command()
def train(
    config: Config,
    out: Out,
    data: Data = "",
    logger: Annotated[Logger, typer.Option(help="Curves besides log.jsonl, which is always written.")] = (
        Logger.JSONL
    ),
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Train a parser and save it in a folder; resumes from a checkpoint in that folder.

    torchrun --nproc-per-node N -m leap train … divides every batch among N processes.
    """
    from leap.config import read_config
    from leap.data.registry import open_dataset
    from leap.models.checkpoint import parser_files, save_pretrained
    from leap.training.distributed import joined, rank
    from leap.training.run import train as train_parser
    from leap.training.state import training_files

    if out.suffix == ".safetensors":
        raise LeapError(f"{out}: --out must be a folder; the weights become model.safetensors in it")
    check_out_folder(out)
    check_outputs([*parser_files(out), *training_files(out)], [config, data], force)
    settings = read_config(config)
    store = open_dataset(data or settings.dataset)
    with joined(device) as place, opened(logger, settings, store, out) as observer:
        parser, progress = train_parser(settings, store, out, place, observer)
        if rank() == 0:
            print(save_pretrained(parser, out))
            print(f"best epoch {progress.best_epoch}: val score {progress.best_score:.2f}")


@app.command("preset")
def show_preset(
    name: Annotated[
        str,
        typer.Argument(
            help="han, mm-pyr, valor, valor+, cmpae, leap, uwav, ours, …", autocompletion=one_of(PRESETS)
        ),
    ],
    data: Data = "llp",
    width: Annotated[
        int | None, typer.Option(min=1, help="Another width, with FFN and rate to match.")
    ] = None,
) -> None:
    """Print the run config of a system as its release trains it, or of ours, for leap run and leap train."""
    from leap.config import to_dict
    from leap.data.registry import find_dataset, open_dataset
    from leap.presets import PRESETS, preset, scale_width

    if find_dataset(data):
        config = preset(name, data)
    else:
        with open_dataset(data) as store:
            config = preset(name, store.dataset, store.widths)
    if config.model.inputs != PRESETS[name].model.inputs:
        print(
            f"leap: {data} has no {' and '.join(PRESETS[name].model.inputs)} features; {name} reads "
            f"{' and '.join(config.model.inputs)}",
            file=sys.stderr,
        )
    print(json.dumps(to_dict(scale_width(config, width) if width else config), indent=2))


@app.command()
def evaluate(
    model: Model,
    data: Data = "av-digits",
    split: SplitOption = Split.TEST,
    protocol: ProtocolOption = "",
    exclusive: Exclusive = False,
    ious: Ious = False,
    per_class: PerClass = False,
    ranking: Annotated[
        bool, typer.Option("--ranking", help="Also print average precision and ROC areas, by class.")
    ] = False,
    psds: Annotated[
        bool, typer.Option("--psds", help="Also print polyphonic sound detection scores.")
    ] = False,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Also print calibration error and reliability curve.")
    ] = False,
    device: Device = "cpu",
) -> None:
    """Score a trained parser on a split; prints the ten scores, and others on request, as JSON."""
    from leap.data.registry import open_dataset
    from leap.inference.further_scores import requested_scores
    from leap.inference.scored_predictions import predictions_of_parser
    from leap.training.distributed import check_device

    check_device(device)
    asked = {
        "exclusive": exclusive,
        "ious": ious,
        "per_class": per_class,
        "ranking": ranking,
        "psds": psds,
        "calibration": calibration,
    }
    with open_dataset(data) as store:
        found = predictions_of_parser(model, store, split, protocol, device)
    print(json.dumps(requested_scores(found, [name for name, wanted in asked.items() if wanted]), indent=2))


@app.command()
def parse(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A video file, a data set or its store.",
            autocompletion=one_of(DATASETS),
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    model: Annotated[
        str,
        typer.Option(
            help="tagger, which needs no training; folder or .safetensors file of a trained parser; or one "
            "of leap models list.",
            autocompletion=clip_models,
        ),
    ] = "tagger",
    classes: Annotated[
        str,
        typer.Option(
            help="Tagger only: classes of LLP, AV-Everyday, AudioSet or ImageNet, separated by commas, or "
            "a file of one a line; by default LLP's 25."
        ),
    ] = "",
    video: Annotated[str, typer.Option(help="Data set only: id of the video; by default the first.")] = "",
    split: SplitOption = Split.TEST,
    weights: Weights = None,
    true_audio: Annotated[
        Path | None, typer.Option(help="Video file only: table of its true audio events.")
    ] = None,
    true_visual: Annotated[
        Path | None, typer.Option(help="Video file only: table of its true visual events.")
    ] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Video file only: also draw the attention of labels.")
    ] = False,
    force: Force = False,
) -> None:
    """Parse a video file, or one video of a data set, and draw its timeline; prints the paths written."""
    import h5py

    check_out_folder(out)
    if Path(source).is_file() and not h5py.is_hdf5(source):
        truth = {m: table for m, table in (("audio", true_audio), ("visual", true_visual)) if table}
        _parse_file(Path(source), model, classes, out, weights, truth, attention, force)
    else:
        from leap.data.registry import open_dataset
        from leap.visualization.timeline import figure_file, parse_to_figure

        if true_audio or true_visual or attention or classes:
            raise LeapError("--true-audio, --true-visual, --attention and --classes are for video files only")

        store, parser = open_dataset(source), Path(model)
        if model == "tagger":
            raise LeapError(f"{source}: the tagger reads video files; give a trained parser with --model")
        check_outputs([figure_file(store, split, video, out)], [store.path, parser], force)
        print(parse_to_figure(parser, store, split, video, out))


def _parse_file(
    source: Path,
    model: str,
    classes: str,
    out: Path,
    weights: Path | None,
    truth: dict[str, Path],
    attention: bool,
    force: bool,
) -> None:
    from leap.features.clip_parsers import load_clip_parser
    from leap.features.media import open_clip
    from leap.features.weights import weights_folder
    from leap.visualization.timeline import timeline_files, write_timeline

    clip = open_clip(source)
    if len(truth) == 1:
        raise LeapError("give both --true-audio and --true-visual, or neither")
    folder = weights or weights_folder()
    check_outputs(timeline_files(clip.path.stem, out), [source, model, folder, *truth.values()], force)
    parser = load_clip_parser(model, list_classes(classes) if classes else None, folder)
    parsed = parser.parse(clip, truth, attention)
    print(*write_timeline(parsed.video, clip, out, attention), sep="\n")
    for note in parsed.notes:
        print(f"leap: {note}", file=sys.stderr)


@app.command("import-release")
def import_release(
    system: Annotated[
        str, typer.Argument(help="han, mm-pyr, valor, cmpae, leap or uwav.", autocompletion=one_of(RELEASES))
    ],
    checkpoint: Annotated[Path, typer.Argument(help="The authors' .pt file.")],
    out: Annotated[Path, typer.Option(help="The .safetensors file to write, or a folder.")],
    labels: Annotated[
        Path | None,
        typer.Option(help="LEAP only: label embeddings of its training; by default the fetched ones."),
    ] = None,
    heads: Annotated[
        int | None, typer.Option(min=1, help="Attention heads; by default the release's.")
    ] = None,
    norm: Annotated[Norm, typer.Option(help="VALOR only: position of its normalisation.")] = Norm.POST,
    force: Force = False,
) -> None:
    """Convert a checkpoint released by a paper's authors to a parser of this package."""
    from leap.data.classes import LLP
    from leap.data.llp.fetch import fetched_label_embeddings
    from leap.io.tensor_file import read_checkpoint
    from leap.label_embeddings import read_label_embeddings
    from leap.models.checkpoint import parser_files, save_pretrained
    from leap.releases import from_release
    from leap.releases.importing import check_system

    check_outputs(parser_files(out), [checkpoint, labels], force)
    check_system(system)
    if labels and system != "leap":
        raise LeapError("--labels is for leap; the other systems have no label embeddings")
    state = read_checkpoint(checkpoint)
    file = labels or fetched_label_embeddings() if system == "leap" else None
    embedding = read_label_embeddings(file, len(LLP), LLP) if file else None
    try:
        parser = from_release(system, state, heads, norm=norm.value, label_embedding=embedding)
    except LeapError as error:
        raise LeapError(f"{checkpoint}: {error}") from None
    print(save_pretrained(parser, out))


def main() -> None:
    """Run the command and exit with its status.

    An error that a user can correct prints one line to stderr and exits with status 2; Ctrl-C with 130.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(errors="replace")  # for consoles without UTF-8
    raise SystemExit(exit_status(_run))


def _run() -> int | None:
    try:
        sys.path.append(os.getcwd())  # custom parts, named by dotted path, are imported from here
    except OSError as error:
        raise LeapError(f"working folder: {reason(error)}; change to another folder") from None
    return app(prog_name="leap", standalone_mode=False)
