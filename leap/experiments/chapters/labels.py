"""What label embeddings have to mean: LEAP with words, and with controls that have none."""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, system_config, with_seeds
from leap.experiments.tables import Runs, diagnostic_table

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


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of LEAP with label embeddings of each source; all else is equal."""
    leap = system_config("LEAP", profile, dataset)
    sources = SOURCES | ({GLOVE: "dataset"} if dataset == "llp" else {})
    return {
        name: with_seeds(
            replace(leap, model=replace(leap.model, labels=source)),
            profile,
            CLAIM_SEEDS if source in ("orthogonal", "alike") else SEEDS,
        )
        for name, source in sources.items()
    }


CHAPTER = Chapter("08_labels", grid)

GEOMETRY = {
    "geometry_given": "given",
    "geometry_projected": "projected",
    "geometry_audio": "refined, audio",
    "geometry_visual": "refined, visual",
}
"""Mean cosine of two classes' embeddings, where: see `leap.experiments.diagnostics`."""


def with_the_rest(table: pd.DataFrame) -> pd.DataFrame:
    """A readable table with a row for every source that was not run."""
    rest = [name for name in ELSEWHERE if name not in table.index]
    return pd.concat([table, pd.DataFrame("not run here", index=rest, columns=table.columns)])


def needs_table(shown: Iterable[str]) -> pd.DataFrame:
    """What the sources need that were not run."""
    rows = {name: {"needs": needs} for name, needs in ELSEWHERE.items() if name not in shown}
    return pd.DataFrame.from_dict(rows, orient="index")


def geometry_table(runs: Runs) -> pd.DataFrame:
    """Mean cosine of two classes' label embeddings, before the decoder and after it."""
    return diagnostic_table(runs, list(GEOMETRY)).rename(columns=GEOMETRY)
