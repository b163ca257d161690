"""LLP: tables and figures made from its annotations if these are present, or the committed ones otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from leap.data.annotations import SPLIT_FILES
from leap.experiments.chapter import Chapter

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from leap.experiments.study import Study

CHAPTER = Chapter("03_llp", dataset="llp", only=("llp",))

HERE = "Made from the annotations of LLP"
COMMITTED = (
    "Made at an earlier run from the annotations of LLP, which are not here; `leap data fetch llp --out llp` "
    "gets them"
)


def find_annotations(study: Study) -> Path | None:
    """Folder of LLP's annotation files: in ``LEAP_DATA``, or in ``llp`` beside the committed results."""
    root = Path(os.environ.get("LEAP_DATA") or study.committed.parent / "llp")
    folders = (root / "annotations", root)
    return next((folder for folder in folders if (folder / SPLIT_FILES["test"]).is_file()), None)


def source(study: Study) -> str:
    """Origin of the chapter's tables and figures, for their captions."""
    return HERE if find_annotations(study) else COMMITTED


def table(study: Study, name: str, make: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    """A table made from the annotations and published, or the committed table if they are missing."""
    annotations = find_annotations(study)
    if annotations is None:
        return study.committed_table(name)
    made = make(annotations)
    study.publish_table(name, made)
    return made


def show_figure(study: Study, name: str, make: Callable[[Path], Figure], caption: str) -> None:
    """Show a figure made from the annotations, or the committed figure if they are missing.

    Args:
        study: the chapter's study.
        name: name of the committed figure, of `leap.visualization.llp_figures.TEXTS`.
        make: function of the annotations' folder that draws the figure.
        caption: description of the figure, to which `source` is appended.
    """
    from leap.visualization import llp_figures, numbered

    alt = llp_figures.TEXTS[name]
    caption, annotations = f"{caption} {source(study)}.", find_annotations(study)
    if annotations is None:
        study.show_committed_figure(name, caption, alt)
        return
    figure = make(annotations)
    study.publish_figure(name, figure)
    numbered.show_figure(figure, caption, alt)
