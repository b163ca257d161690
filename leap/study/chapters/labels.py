"""What label embeddings have to mean: LEAP with words, and with controls that have none."""

from dataclasses import replace

from leap.config import RunConfig
from leap.study.grid import CLAIM_SEEDS, SEEDS, Profile, config, with_seeds

SOURCES = {
    "random orthogonal": "orthogonal",
    "learned": "learned",
    "character n-grams": "ngrams",
    "near-identical": "alike",
}
"""Sources that need no download, by what tables call them."""

GLOVE = "GloVe"
ELSEWHERE = {
    GLOVE: "word vectors of the class names; LLP's are packed with it, of AV-Digits' there are none here",
    "BERT": "weights of a sentence encoder",
    "CLIP": "weights of a CLIP text encoder",
    "descriptions": "weights of a text encoder, and a file of descriptions",
}
"""Sources that need what is not at hand everywhere, and what that is."""


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``08_labels``: LEAP with label embeddings of each source; all else is equal."""
    leap = config("LEAP", profile, dataset)
    sources = SOURCES | ({GLOVE: "dataset"} if dataset == "llp" else {})
    return {
        name: with_seeds(
            replace(leap, model=replace(leap.model, labels=source)),
            profile,
            CLAIM_SEEDS if source == "orthogonal" else SEEDS,
        )
        for name, source in sources.items()
    }
