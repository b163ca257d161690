"""The data: what the two embedded data sets are made of, and examples of their videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leap.experiments.chapter import Chapter
from leap.experiments.excerpts import Excerpt
from leap.experiments.grid import SHIPPED

if TYPE_CHECKING:
    from leap.experiments.study import Study

CHAPTER = Chapter("01_data", only=(SHIPPED, "av-everyday"), made_afresh=True)


@dataclass(frozen=True)
class DatasetText:
    """A data set in words, a paragraph per section of the chapter.

    Attributes:
        content: what it is made of.
        signals: how sound and frames are mixed.
        features: which networks make the features and the pseudo-labels.
        difficulty: how its difficulty was chosen.
        separation: what is disjoint between the splits.
    """

    content: str
    signals: str
    features: str
    difficulty: str
    separation: str


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
    ),
}
"""Data set → its description."""


EXAMPLE = (
    "A frame per second, the spectrogram of the sound, and rows of dark strips over ten seconds: for every "
    "class that is heard or seen, its true events."
)
"""Alternative text of an example video."""


def examples(study: Study, indices: Sequence[int], source: str) -> list[Excerpt]:
    """Test videos with their ground truth, for `leap.experiments.excerpts.show_excerpts`.

    Args:
        study: the chapter's study.
        indices: positions of the videos in the test split.
        source: the data set in words, for the captions.
    """
    names, said = study.store.ids("test"), "frames, spectrogram and true events"
    return [Excerpt(index, f"{names[index]}: {said}. {source}.", alt=EXAMPLE) for index in indices]
