"""LEAP with meaningful label embeddings and with meaningless controls."""

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
"""Title → source of the label embeddings that need no download."""

GLOVE = "GloVe"
SEMANTIC = {
    "llp": {GLOVE: "dataset"},
    "av-everyday": {GLOVE: "glove", "MiniLM": "minilm", "descriptions": "descriptions"},
}
"""Data set → title → source of the label embeddings that carry meaning."""

UNAVAILABLE = {
    GLOVE: "word vectors of the class names, compared where these carry more meaning than digits do",
    "BERT": "weights of a sentence encoder",
    "CLIP": "weights of a CLIP text encoder",
    "descriptions": "weights of a text encoder, and a file of descriptions",
}
"""Title → requirement of the label embeddings that need additional files."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of LEAP that differ only in their label embeddings."""
    leap = system_config("LEAP", profile, dataset)
    sources = SOURCES | SEMANTIC.get(dataset, {})
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
"""Diagnostic → title: mean cosine of two classes' label embeddings at a stage of the parser."""


def with_missing_sources(table: pd.DataFrame) -> pd.DataFrame:
    """Extend a table of text by one row per source that was not run."""
    rest = [name for name in UNAVAILABLE if name not in table.index]
    return pd.concat([table, pd.DataFrame("not run here", index=rest, columns=table.columns)])


def requirement_table(shown: Iterable[str]) -> pd.DataFrame:
    """Requirements of the sources that were not run.

    Args:
        shown: titles of the sources that were run.
    """
    rows = {name: {"needs": needs} for name, needs in UNAVAILABLE.items() if name not in shown}
    return pd.DataFrame.from_dict(rows, orient="index")


def geometry_table(runs: Runs) -> pd.DataFrame:
    """Mean cosine of two classes' label embeddings before and after the decoder, one row per source."""
    return diagnostic_table(runs, list(GEOMETRY)).rename(columns=GEOMETRY)
