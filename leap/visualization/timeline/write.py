"""What is written of a parsed video: tables of events, JSON, a figure and a page."""

import json
from pathlib import Path

from leap.data.annotations import write_events
from leap.features.media import Clip
from leap.inference.parsed_video import MODALITIES, ParsedVideo
from leap.io.atomic import atomic_write
from leap.visualization.timeline.describe import describe
from leap.visualization.timeline.page import page


def write_timeline(video: ParsedVideo, clip: Clip, out: Path, attention: bool = False) -> list[Path]:
    """Write all files of a parsed video to a folder; each appears whole or not at all.

    These are ``<name>_audio.tsv`` and ``<name>_visual.tsv`` in the format of LLP's annotations,
    ``<name>.json``, ``<name>.png`` and ``<name>.html``.

    Args:
        video: what was parsed.
        clip: its file.
        out: the folder.
        attention: show in the figure where the label embeddings look, too.

    Returns:
        Their paths.

    Raises:
        LeapError: attention is asked for and the parser has none, or the video is damaged.
    """
    from leap.visualization.figures import save_figure  # matplotlib is slow to import
    from leap.visualization.timeline.figure import clip_figure

    tables = [out / f"{video.name}_{m}.tsv" for m in MODALITIES]
    data, picture, html = (out / f"{video.name}.{suffix}" for suffix in ("json", "png", "html"))
    figure, text = clip_figure(video, clip, attention), page(video, clip)
    for path, modality in zip(tables, MODALITIES, strict=True):
        write_events(path, [" ".join(video.name.split())], [video.events[modality]], video.classes)
    atomic_write(data, json.dumps(describe(video, clip), indent=1) + "\n")
    atomic_write(html, text)
    return [*tables, data, save_figure(figure, picture), html]
