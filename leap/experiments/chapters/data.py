"""The data: what the two embedded data sets are made of, and examples of their videos."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leap.errors import require
from leap.experiments.chapter import Chapter
from leap.experiments.grid import SHIPPED

if TYPE_CHECKING:
    from leap.experiments.study import Study

CHAPTER = Chapter("01_data", only=(SHIPPED, "av-everyday"), made_afresh=True)


@dataclass(frozen=True)
class DatasetText:
    """A data set in words, a paragraph per section of the chapter, and where its material is.

    Attributes:
        content: what it is made of.
        signals: how sound and frames are mixed.
        features: which networks make the features and the pseudo-labels.
        difficulty: how its difficulty was chosen.
        separation: what is disjoint between the splits.
        variable: environment variable with the folder of the recordings (and photographs).
        folder: default name of the folder, beside the committed results.
    """

    content: str
    signals: str
    features: str
    difficulty: str
    separation: str
    variable: str
    folder: str


DESCRIPTIONS = {
    "av-digits": DatasetText(
        content=(
            "**AV-Digits** mixes recordings of spoken digits and pictures of handwritten digits. In every "
            "video, up to three digits are heard, seen, or both."
        ),
        signals=(
            "In each second with an audio event, a spoken digit starts at a random onset, at a random "
            "level, over colored noise. In the frames, each digit stays at one position, jittered by up "
            "to two pixels, under crossing bars and noise; some frames are faded."
        ),
        features=(
            "The features are the outputs of two small convolutional networks, one for sound and one for "
            "images, trained on isolated digits and frozen. The pseudo-labels come from two *other* "
            "networks, trained on other recordings and other handwriting."
        ),
        difficulty=(
            "The noise levels were chosen by the scores of MMIL, so that they lie in the range published "
            "for LLP. Three easier levels (judged on test videos) and one harder level (judged on val, "
            "like the chosen one) were discarded. LEAP had been trained on one of the easier levels, to "
            "compare two kinds of initial values."
        ),
        separation=(
            "Feature networks (*student*), pseudo-label networks (*teacher*) and the three splits have "
            "disjoint recordings and disjoint handwriting. One speaker is heard in test videos only. The "
            "upper end of each range is exclusive."
        ),
        variable="LEAP_RECORDINGS",
        folder="recordings",
    ),
    "av-everyday": DatasetText(
        content=(
            "**AV-Everyday** mixes recordings of everyday sounds and photographs. Nine of its 14 classes "
            "are heard and seen; rain, fire, chainsaw, baby cry and sneeze are only heard."
        ),
        signals=(
            "Each class has one recording per video, which fills the seconds of its audio events from a "
            "random onset on, at a random level, over colored noise. In the frames, each visible class "
            "has one photograph, which moves in its own part of the frame before a background photograph; "
            "in a fifth of the frames, a photograph of none of the classes is a distractor."
        ),
        features=(
            "The features are embeddings by YAMNet (sound) and EfficientNet-Lite0 (frames), reduced to "
            "128 principal components. The pseudo-labels come from *other* networks, trained on separate "
            "recordings and photographs."
        ),
        difficulty=(
            "Levels and sizes were fixed once, from the quality of the pseudo-labels and a linear probe "
            "of the features, before any parser was trained on the data."
        ),
        separation=(
            "The pseudo-label networks (*teacher*) and the three splits have disjoint recordings, "
            "photographs and speakers. The table counts recordings (of one Freesound source, pitch or "
            "speaker) and photographs."
        ),
        variable="LEAP_MATERIAL",
        folder="material",
    ),
}
"""Data set → its description."""


EXAMPLE = (
    "Four panels below one another over the seconds of a video: the waveform, its spectrogram, a frame per "
    "second, and a row per class with bars where its event is heard (upper bar) and seen (lower bar)."
)
"""Alternative text of an example video."""


def find_material(study: Study) -> Path | None:
    """Folder of the recordings (and photographs): from the variable, or beside the committed results."""
    about = DESCRIPTIONS[study.dataset]
    folder = Path(os.environ.get(about.variable) or study.committed.parent / about.folder)
    return folder if folder.is_dir() else None


def show_examples(study: Study, indices: Sequence[int], source: str) -> None:
    """Show sound, frames and labels of test videos, with audio players if the recordings are available.

    Without recordings, the committed figures of AV-Digits are shown; of AV-Everyday there are none, because
    they contain photographs of people.

    Args:
        study: the chapter's study.
        indices: positions of the videos in the test split.
        source: the data set in words, for the captions.
    """
    captions = {
        index: f"{name}: sound, spectrogram, frames and dense labels. {source}."
        for index, name in enumerate(study.store.ids("test"))
        if index in indices
    }
    material = find_material(study)
    if material:
        _show_rendered(study, material, captions)
    elif study.dataset == SHIPPED:
        for index, caption in captions.items():
            study.show_committed_figure(f"01_{study.store.ids('test')[index]}", caption, EXAMPLE)
    else:
        _show_command(study.dataset)


def _show_rendered(study: Study, material: Path, captions: dict[int, str]) -> None:
    from leap.visualization.dataset_figures import RATE, example_figure, render_examples
    from leap.visualization.numbered import show_figure

    sound = require("IPython.display", "book")
    rendered = render_examples(study.store, material, "test", list(captions))
    for example, caption in zip(rendered, captions.values(), strict=True):
        figure = example_figure(example, study.store.classes)
        if study.dataset == SHIPPED:
            study.publish_figure(f"01_{example.name}", figure)
        show_figure(figure, caption, EXAMPLE)
        sound.display(sound.Audio(example.waveform(), rate=RATE))


def _show_command(dataset: str) -> None:
    shown, about = require("IPython.display", "book"), DESCRIPTIONS[dataset]
    command = f"`leap data fetch {dataset} --out {about.folder}`"
    text = (
        f"*No videos are shown, because the recordings are not here: {command} at the root of the repository "
        f"gets them. `{about.variable}` may name another folder.*"
    )
    shown.display(shown.Markdown(text))
