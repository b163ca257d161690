"""The chapter about LLP: made where its annotations are, else shown as it was last made."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from leap.data.annotations import SPLIT_FILES
from leap.experiments.grid import PUBLISHED, check_profile
from leap.experiments.study import committed, repository_root
from leap.io.atomic import atomic_path
from leap.visualization.figures import save_figure, show

HERE = "Made from the annotations of LLP"
EARLIER = (
    "Made at an earlier run from the annotations of LLP, which are not here; `leap data fetch llp --out llp` "
    "gets them"
)


@dataclass(frozen=True)
class Chapter:
    """Tables and figures about LLP.

    Attributes:
        annotations: folder of the annotation files, None where they are not.
        results: where tables and figures are kept.
        keeps: whether those that are made are kept.
    """

    annotations: Path | None
    results: Path
    keeps: bool

    @property
    def source(self) -> str:
        """How the tables and figures came about, for their captions."""
        return HERE if self.annotations else EARLIER

    def table(self, name: str, make: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
        """A table from the annotations, or as it was kept."""
        path = self.results / "tables" / f"{name}.csv"
        if self.annotations is None:
            return pd.read_csv(committed() / "tables" / path.name, index_col=0)
        table = make(self.annotations)
        if self.keeps:
            with atomic_path(path) as temporary:
                table.to_csv(temporary, float_format="%.4f")
        return table

    def figure(self, name: str, make: Callable[[Path], Figure], caption: str) -> None:
        """Show a figure from the annotations, or as it was kept."""
        caption = f"{caption} {self.source}."
        if self.annotations is None:
            _show_kept(committed() / "figures" / f"{name}.png", caption)
            return
        figure = make(self.annotations)
        if self.keeps:
            save_figure(figure, self.results / "figures" / f"{name}.png")
        show(figure, caption)


def open_chapter(profile: str, results: str = "") -> Chapter:
    """The chapter at a profile; ``full`` and ``paper`` keep what they make.

    Raises:
        LeapError: for an unknown profile.
    """
    keeps = check_profile(profile) in PUBLISHED
    return Chapter(find_annotations(), Path(results) if results else committed(), keeps)


def find_annotations() -> Path | None:
    """Folder of LLP's annotation files: in ``LEAP_DATA``, else in ``llp`` at the root of the repository."""
    root = Path(os.environ.get("LEAP_DATA") or repository_root() / "llp")
    folders = (root / "annotations", root)
    return next((folder for folder in folders if (folder / SPLIT_FILES["test"]).is_file()), None)


def _show_kept(path: Path, caption: str) -> None:
    from IPython.display import Image, Markdown, display

    display(Image(path.read_bytes(), alt=caption), Markdown(f"*{caption}*"))
