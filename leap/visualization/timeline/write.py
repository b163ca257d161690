"""All files of a parsed video: tables of events, JSON, a figure and a page."""

import json
from pathlib import Path

from leap.data.annotations import write_events
from leap.features.media import Clip
from leap.inference.parsed_video import MODALITIES, ParsedVideo
from leap.io.atomic import atomic_path, atomic_write
from leap.io.download import file_sha256
from leap.visualization.figures import PNG_METADATA, save_figure
from leap.visualization.timeline.as_json import timeline_as_json
from leap.visualization.timeline.figure import clip_figure
from leap.visualization.timeline.page import timeline_page


def timeline_files(name: str, out: Path) -> list[Path]:
    """Paths of the files that `write_timeline` writes for a video: tables, JSON, figure, page.

    Args:
        name: name of the video.
        out: the folder.
    """
    endings = (*(f"_{modality}.tsv" for modality in MODALITIES), ".json", ".png", ".html")
    return [out / f"{name}{ending}" for ending in endings]


def write_timeline(video: ParsedVideo, clip: Clip, out: Path, attention: bool = False) -> list[Path]:
    """Write all files of a parsed video to a folder, each atomically.

    Their paths are those of `timeline_files`; the tables have the format of LLP's annotations. The JSON file
    holds `timeline_as_json` and, under ``tables``, the SHA-256 of each table, by which a table that was
    edited since is recognized.

    Args:
        video: the parsed video.
        clip: its file.
        out: the folder.
        attention: whether the figure shows the attention of label embeddings over segments.

    Returns:
        Paths of the files: tables, JSON, figure, page.

    Raises:
        LeapError: attention is requested but the parser's decoder has none, the file is damaged, or a name
            cannot be written to a table.
        OSError: a file cannot be written.
    """
    audio, visual, data, picture, html = files = timeline_files(video.name, out)
    figure, text = clip_figure(video, clip, attention), timeline_page(video, clip)
    for path, modality in ((audio, "audio"), (visual, "visual")):
        write_events(path, [" ".join(video.name.split())], [video.events[modality]], video.classes)
    written = {"tables": {path.name: file_sha256(path) for path in (audio, visual)}}
    with atomic_path(data) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(timeline_as_json(video, clip) | written, file, indent=1)  # hours of text, piece by piece
        file.write("\n")
    atomic_write(html, text)
    save_figure(figure, picture, PNG_METADATA)
    return files
