"""The data: AV-Digits, real speech and handwriting in the layouts of LLP."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leap.errors import require
from leap.experiments.chapter import Chapter

if TYPE_CHECKING:
    from leap.experiments.study import Study

CHAPTER = Chapter("01_data", dataset="av-digits", elsewhere=False)


def find_recordings(study: Study) -> Path | None:
    """Folder of the spoken digits: ``LEAP_RECORDINGS``, or ``recordings`` beside the committed results."""
    folder = Path(os.environ.get("LEAP_RECORDINGS") or study.committed.parent / "recordings")
    return folder if folder.is_dir() else None


def show_examples(study: Study, indices: Sequence[int], source: str) -> None:
    """Show sound, frames and labels of test videos, with audio players if the recordings are available.

    Args:
        study: the chapter's study.
        indices: positions of the videos in the test split.
        source: the data set in words, for the captions.
    """
    from leap.data.av_digits.sources import RATE
    from leap.visualization.av_digits_figures import example_figure, render_examples
    from leap.visualization.figures import show

    sound = require("IPython.display", "book")
    names, recordings = study.store.ids("test"), find_recordings(study)
    captions = [
        f"{names[index]}: sound, spectrogram, frames and dense labels. {source}." for index in indices
    ]
    if recordings is None:
        for index, caption in zip(indices, captions, strict=True):
            study.show_committed_figure(f"01_{names[index]}", caption)
        return
    rendered = render_examples(study.store, recordings, "test", indices)
    for example, caption in zip(rendered, captions, strict=True):
        figure = example_figure(example, study.store.classes)
        study.publish_figure(f"01_{example.name}", figure)
        show(figure, caption)
        sound.display(sound.Audio(example.waveform(), rate=RATE))
