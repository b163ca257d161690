"""Timeline of one video of a data set, parsed by a trained parser."""

from pathlib import Path

from leap.data.names import spelled
from leap.data.store import FeatureStore
from leap.inference.parsed_video import parse_video
from leap.models.checkpoint import check_fit, load_parser
from leap.visualization.figures import PNG_METADATA, save_figure
from leap.visualization.timeline.figure import timeline_figure


def parse_to_figure(model: Path, store: FeatureStore, split: str, video: str, out: Path) -> Path:
    """Parse one video of a data set and write its timeline as ``out/<video>.png``.

    The ground truth is drawn where the split has dense labels.

    Args:
        model: folder or file of a trained parser.
        store: the data set.
        split: ``"train"``, ``"val"`` or ``"test"``.
        video: id of the video; empty for the first of the split.
        out: folder of the figure.

    Returns:
        Path of the figure.

    Raises:
        LeapError: the parser or the video does not exist, or the parser was trained on other classes or
            features.
        OSError: the figure cannot be written.
    """
    parser, description = load_parser(model)
    inputs = description.model.inputs
    check_fit(description, store.classes, store.input_widths(inputs))
    path = figure_file(store, split, video, out)
    parsed = parse_video(parser, store, description.protocol, split, video, inputs)
    return save_figure(timeline_figure(parsed), path, PNG_METADATA)


def figure_file(store: FeatureStore, split: str, video: str, out: Path) -> Path:
    """Path of the figure that `parse_to_figure` writes; arguments as there."""
    return out / f"{Path(spelled(video or store.ids(split)[0])).name}.png"
