"""``leap data``: commands that build, download, check, pack and simulate data sets."""

import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leap.cli.completion import DATASETS, one_of
from leap.cli.options import Force, Repair, Weights
from leap.cli.outputs import check_outputs
from leap.data.classes import LLP
from leap.errors import LeapError

if TYPE_CHECKING:
    from leap.data.store import FeatureStore

app = typer.Typer(no_args_is_help=True, help="Build, download, check, pack and simulate data sets.")


class Frames(StrEnum):
    """Treatment of the frames of a second: averaged, or kept as they are."""

    AVERAGED = "averaged"
    KEPT = "kept"


class DType(StrEnum):
    """Type of the stored features."""

    FLOAT16 = "float16"
    FLOAT32 = "float32"


class PseudoLabels(StrEnum):
    """Source of the pseudo-labels."""

    VALOR = "valor"
    WEAK = "weak"


class TextSource(StrEnum):
    """Source of embeddings of texts."""

    GLOVE = "glove"
    TRANSFORMERS = "transformers"
    NGRAMS = "ngrams"


BUILT = ("av-digits", "av-everyday")
FETCHED = (*BUILT, "llp")
ANNOTATED = ("llp",)
"""Data sets that a command builds, downloads, and checks or packs."""

Root = Annotated[Path, typer.Option(help="Folder of the official layout.")]
Tables = Annotated[Path | None, typer.Option(help="Folder of the tables; by default ROOT/annotations.")]
FramesOption = Annotated[Frames, typer.Option(help="Average the frames of each second, or keep them.")]
DTypeOption = Annotated[DType, typer.Option(help="Type of the stored features.")]
PseudoLabelsOption = Annotated[
    PseudoLabels, typer.Option(help="VALOR's files, or the weak label in every segment.")
]


@app.command("build")
def data_build(
    dataset: Annotated[str, typer.Argument(help="av-digits or av-everyday.", autocompletion=one_of(BUILT))],
    recordings: Annotated[
        Path | None, typer.Option(help="av-digits: folder of the Free Spoken Digit Dataset's WAV files.")
    ] = None,
    material: Annotated[
        Path | None, typer.Option(help="av-everyday: folder made by `leap data fetch av-everyday`.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the store and the networks; by default av_digits, …")
    ] = None,
    rotation: Annotated[
        int, typer.Option(min=0, max=4, help="av-everyday: rotation of the folds of its material.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all draws and of training.")] = 0,
    weights: Weights = None,
    force: Force = False,
) -> None:
    """Build a data set from its raw signals."""
    _check_supported(dataset, *BUILT)
    folder = out or Path(dataset.replace("-", "_"))
    if dataset == "av-digits":
        if rotation or weights:
            raise LeapError("--rotation and --weights are for av-everyday only")
        source = _source(dataset, {"recordings": recordings}, {"material": material})
        _build_av_digits(source, folder, seed, force)
    else:
        source = _source(dataset, {"material": material}, {"recordings": recordings})
        _build_av_everyday(source, folder, rotation, seed, weights, force)


@app.command("fetch")
def data_fetch(
    dataset: Annotated[
        str, typer.Argument(help="av-digits, av-everyday or llp.", autocompletion=one_of(FETCHED))
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder to make; by default recordings, material or llp.")
    ] = None,
    valor: Annotated[bool, typer.Option("--valor", help="LLP: also VALOR's CLIP and CLAP archives.")] = False,
) -> None:
    """Download a data set's raw files and check their SHA-256; a second call resumes."""
    _check_supported(dataset, *FETCHED)
    from leap.data.av_digits import fetch_recordings
    from leap.data.av_everyday import fetch_material
    from leap.data.llp.fetch import fetch_llp, steps

    if dataset == "llp":
        folder = out or Path("llp")
        fetch_llp(folder, valor)
        print(f"{folder}\n\nRemaining steps:\n{steps(folder)}")
        return
    if valor:
        raise LeapError("--valor is for llp only")
    if dataset == "av-everyday":
        print(fetch_material(out or Path("material")))
        return
    print(fetch_recordings(out or Path("recordings")))


@app.command("check")
def data_check(
    dataset: Annotated[
        str, typer.Argument(help="llp, the only one with annotation files.", autocompletion=one_of(ANNOTATED))
    ],
    annotations: Annotated[
        Path | None, typer.Option(help="Folder of LLP's annotation files; by default PSEUDO/annotations.")
    ] = None,
    pseudo: Annotated[
        Path | None, typer.Option(help="Folder of CLAP's and CLIP's pseudo-labels; check these instead.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Findings are an error (exit status 2).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every finding as JSON.")] = False,
) -> None:
    """List the defects of a data set's annotation files, or check its pseudo-labels against them."""
    _check_supported(dataset, *ANNOTATED)
    if pseudo is not None:
        findings = _check_pseudo_labels(pseudo, annotations or pseudo / "annotations", as_json)
    elif annotations is not None:
        findings = _check_annotations(annotations, as_json)
    else:
        raise LeapError("llp: nothing to check; give --annotations, --pseudo or both")
    if strict and findings:
        raise SystemExit(2)


@app.command("pack")
def data_pack(
    dataset: Annotated[
        str, typer.Argument(help="llp; see pack-custom for other data.", autocompletion=one_of(ANNOTATED))
    ],
    root: Root,
    out: Annotated[Path | None, typer.Option(help="Store to write; by default ROOT/llp.h5.")] = None,
    annotations: Tables = None,
    frames: FramesOption = Frames.AVERAGED,
    dtype: DTypeOption = DType.FLOAT16,
    pseudo_labels: PseudoLabelsOption = PseudoLabels.VALOR,
    repair: Annotated[Repair, typer.Option(help="Which defects of the annotations to repair.")] = Repair.NONE,
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing if a file is unusable.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Threads that read files.")] = 4,
    force: Force = False,
) -> None:
    """Pack a data set's official files into one store; a second call resumes."""
    _check_supported(dataset, *ANNOTATED)
    from leap.data.llp.pack import Packing, pack_llp
    from leap.data.llp.sources import GLOVE_FILE
    from leap.data.store import FeatureStore
    from leap.label_embeddings import read_label_embeddings

    out, started = out or root / "llp.h5", time.perf_counter()
    check_outputs([out], force=force)
    labels = root / GLOVE_FILE
    embedding = read_label_embeddings(labels, len(LLP), LLP).numpy() if labels.exists() else None
    packing = Packing(frames.value, dtype.value, pseudo_labels.value, repair.value)
    problems = pack_llp(
        root,
        out,
        packing,
        annotations=annotations,
        label_embedding=embedding,
        strict=strict,
        workers=workers,
    )
    for problem in problems:
        print(f"{problem.file}: {problem.reason}", file=sys.stderr)
    if strict and problems:
        raise LeapError(f"{len(problems)} files are missing or damaged; nothing was written (--strict)")
    print(out)
    with FeatureStore(out) as store:
        widths = _widths(store)
    seconds, size = time.perf_counter() - started, out.stat().st_size / 2**20
    print(f"{size:.0f} MiB in {seconds:.0f} s: {widths}; {len(problems)} files missing or damaged")


@app.command("pack-custom")
def data_pack_custom(
    name: Annotated[str, typer.Argument(help="Name of the data set: lower-case letters, digits, hyphens.")],
    root: Root,
    out: Annotated[Path | None, typer.Option(help="Store to write; by default ROOT/NAME.h5.")] = None,
    annotations: Tables = None,
    frames: FramesOption = Frames.AVERAGED,
    dtype: DTypeOption = DType.FLOAT16,
    pseudo_labels: PseudoLabelsOption = PseudoLabels.VALOR,
    labels: Annotated[
        Path | None, typer.Option(help="File of label embeddings; by default n-grams of the names.")
    ] = None,
    force: Force = False,
) -> None:
    """Pack a custom data set, features of your own videos and tables of their events, into one store."""
    from leap.data.custom import CLASSES, pack_custom
    from leap.data.llp.pack import Packing
    from leap.data.store import FeatureStore
    from leap.label_embeddings import read_label_embeddings
    from leap.label_embeddings.prompts import read_classes

    out, folder = out or root / f"{name}.h5", annotations or root / "annotations"
    check_outputs([out], [labels], force)
    classes = read_classes(folder / CLASSES) if labels else ()
    embedding = read_label_embeddings(labels, len(classes), classes).numpy() if labels else None
    packing = Packing(frames.value, dtype.value, pseudo_labels.value)
    problems = pack_custom(name, root, out, packing, annotations=folder, label_embedding=embedding)
    for problem in problems:
        print(f"{problem.file}: {problem.reason}", file=sys.stderr)
    if problems:
        raise LeapError(f"{len(problems)} files are missing or damaged; nothing was written")
    with FeatureStore(out) as store:
        videos = ", ".join(f"{split} {count}" for split, count in store.splits.items())
        print(f"{out}\n{videos} videos of {store.segments} s, {len(store.classes)} classes; {_widths(store)}")


@app.command("simulate")
def data_simulate(
    videos: Annotated[int, typer.Option(min=1, help="Training videos; val and test are as large as LLP's.")],
    out: Annotated[Path, typer.Option(help="Store to write.")] = Path("llp_sim.h5"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of all draws.")] = 0,
    classes: Annotated[int, typer.Option(min=5, help="Number of classes, a multiple of five.")] = len(LLP),
    force: Force = False,
) -> None:
    """Simulate a data set with LLP's shapes. Nothing measured on it is a result on LLP."""
    from leap.data.llp_sim import simulate_llp

    check_outputs([out], force=force)
    print(simulate_llp(out, videos, seed, classes))


@app.command("measure-features")
def data_measure_features(
    features: Annotated[Path, typer.Option(help="A .npy or HDF5 file of one array (N, T, A).")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    force: Force = False,
) -> None:
    """Measure the statistics of features to which the simulation is fitted."""
    from leap.data.llp_sim.feature_statistics import measure_features

    check_outputs([out], [features], force)
    measure_features(features, out)
    print(out)


@app.command("embed-labels")
def data_embed_labels(
    source: Annotated[TextSource, typer.Option(help="Source of the embeddings.")],
    out: Annotated[Path, typer.Option(help="The .npy to write; a config's model.labels can name it.")],
    model: Annotated[str, typer.Option(help="File of word vectors; folder or hub name of an encoder.")] = "",
    classes: Annotated[
        str,
        typer.Option(help="A data set, or a file with one class per line.", autocompletion=one_of(DATASETS)),
    ] = "llp",
    prompts: Annotated[Path | None, typer.Option(help="JSON file: class → list of descriptions.")] = None,
    force: Force = False,
) -> None:
    """Embed class names, or descriptions of the classes, as label embeddings."""
    from leap.data.registry import DATASETS, find_dataset
    from leap.label_embeddings.embed import check_label_file, embed_labels, save_label_embeddings
    from leap.label_embeddings.prompts import names_as_prompts, read_classes, read_prompts

    check_label_file(out)
    check_outputs([out], [model, classes, prompts], force)
    dataset, file = find_dataset(classes), Path(classes)
    if dataset is None and not file.exists():
        raise LeapError(f"{classes}: neither a data set ({', '.join(DATASETS)}) nor a file of class names")
    names = dataset.classes if dataset else read_classes(file)
    texts = read_prompts(prompts, names) if prompts else names_as_prompts(names)
    save_label_embeddings(embed_labels(source.value, texts, model), out)
    print(out)


@app.command("measure-layouts")
def data_measure_layouts(
    annotations: Annotated[Path, typer.Option(help="Folder of LLP's annotation files.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    force: Force = False,
) -> None:
    """Measure LLP's event layouts, from which the sampler draws."""
    from leap.data.layouts import measure_layouts

    check_outputs([out], [annotations], force)
    measure_layouts(annotations, out)
    print(out)


def _check_annotations(annotations: Path, as_json: bool) -> int:
    """Print the defects of LLP's annotation files; return their number."""
    from leap.data.llp.check import check_annotations, report

    findings = check_annotations(annotations)
    print(json.dumps([finding._asdict() for finding in findings], indent=2) if as_json else report(findings))
    return len(findings)


def _check_pseudo_labels(root: Path, annotations: Path, as_json: bool) -> int:
    """Print the quality of LLP's pseudo-labels; return the number of missing or damaged files."""
    from leap.data.llp.check_pseudo_labels import check_pseudo_labels, report_pseudo_labels

    found, problems = check_pseudo_labels(root, annotations)
    for problem in problems:
        print(f"{problem.file}: {problem.reason}; its video is left out", file=sys.stderr)
    rows = [quality._asdict() for quality in found]
    print(json.dumps(rows, indent=2) if as_json else report_pseudo_labels(found))
    return len(problems)


def _source(dataset: str, needed: dict[str, Path | None], unused: dict[str, Path | None]) -> Path:
    """The value of the option that a build needs; one that belongs to another data set is refused."""
    (name, value), (other, given) = *needed.items(), *unused.items()
    if given is not None:
        raise LeapError(f"--{other} is for {'av-everyday' if dataset == 'av-digits' else 'av-digits'} only")
    if value is None:
        raise LeapError(f"{dataset} needs --{name}; `leap data fetch {dataset}` downloads the folder")
    return value


def _build_av_digits(recordings: Path, out: Path, seed: int, force: bool) -> None:
    from leap.data.av_digits import build_av_digits
    from leap.data.av_digits.build import NETWORKS, STORE
    from leap.data.teacher import TEACHER

    check_outputs([out / STORE, out / NETWORKS, out / TEACHER], force=force)
    print(build_av_digits(recordings, out, seed))


def _build_av_everyday(
    material: Path, out: Path, rotation: int, seed: int, weights: Path | None, force: bool
) -> None:
    from leap.data.av_everyday import build_av_everyday
    from leap.data.av_everyday.build import LEARNED, STORE
    from leap.features.everyday_networks import everyday_networks
    from leap.features.weights import weights_folder

    check_outputs([out / STORE, out / LEARNED], force=force)
    networks = everyday_networks(weights or weights_folder())
    print(build_av_everyday(material, out, networks, rotation, seed))


def _widths(store: "FeatureStore") -> str:
    return ", ".join(f"{name} {width}" for name, width in store.widths.items())


def _check_supported(dataset: str, *supported: str) -> None:
    """Refuse an unsupported data set before any heavy import."""
    if dataset not in supported:
        *others, last = supported
        known = f"{', '.join(others)} and {last}" if others else last
        raise LeapError(f"unknown data set {dataset!r}; this command supports {known}")
