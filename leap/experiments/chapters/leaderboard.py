"""Published and submitted results on LLP, with the trivial baselines that they should be read against."""

from pathlib import Path

import pandas as pd

from leap.data.llp.trivial_baselines import LABELS_USED
from leap.experiments.chapter import Chapter
from leap.experiments.grid import EMBEDDED, result_name
from leap.experiments.published import published
from leap.experiments.records import PRIMARY_PARTS
from leap.experiments.tables import TITLES

CHAPTER = Chapter("31_leaderboard", dataset="llp", only=("llp",))

PRIMARY_TITLE = "mean of four"
KINDS, NO_MODEL = {"system": "published", "pseudo-labels": "published pseudo-labels"}, "no model"
PRESETS, DATASETS = "20_presets", ("llp", *EMBEDDED)
MEASURED_HERE = "measured here, from LLP's annotations"
FACTS = {
    "features": "features",
    "encoder": "encoder",
    "decoder": "decoder",
    "labels": "training labels",
    "protocol": "threshold; gates",
    "beyond": "supervision beyond weak labels",
}
"""Column of the published results → its title."""

FEATURES = {"vggish+resnet": "VGGish, ResNet", "clap+clip": "CLAP, CLIP"}
"""Features of a published result → their names."""


def leaderboard(baselines: pd.DataFrame, submitted: pd.DataFrame) -> pd.DataFrame:
    """Published and submitted results and trivial baselines by the mean of four scores, the highest first.

    Args:
        baselines: the ten scores of the trivial baselines, as of
            `leap.experiments.llp_tables.trivial_baseline_table`.
        submitted: rows of `leap.experiments.submissions.Submissions`.

    Returns:
        One row per result or baseline: its kind (a value of `KINDS`, one of `leap.experiments.submissions`,
        or `NO_MODEL`), the mean of the four scores of the primary measure, the ten scores, `FACTS`, and the
        source; NaN if not known.
    """
    results = published().replace({"kind": KINDS})
    trivial = baselines.assign(
        kind=NO_MODEL, beyond=[LABELS_USED[name] for name in baselines.index], source=MEASURED_HERE
    )
    rows = pd.concat([table for table in (results, submitted, trivial) if len(table)])
    rows[PRIMARY_TITLE] = rows[list(PRIMARY_PARTS)].mean(axis=1, skipna=False)
    columns = ["kind", PRIMARY_TITLE, *TITLES, *FACTS, "source"]
    return rows.sort_values(PRIMARY_TITLE, ascending=False, kind="stable")[columns].rename_axis("system")


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """`leaderboard` as text."""
    scores = [PRIMARY_TITLE, *TITLES]
    text = rows.astype(object).where(rows.notna(), "–")
    text[scores] = rows[scores].map("{:.1f}".format).replace("nan", "–")
    return text.replace({"features": FEATURES}).rename(columns=TITLES | FACTS)


def own_results(committed: Path) -> dict[str, pd.DataFrame]:
    """Mean scores of every preset trained with this package, by data set that has a committed table.

    Args:
        committed: folder of the committed results.
    """
    paths = {name: committed / "tables" / f"{result_name(PRESETS, name)}.csv" for name in DATASETS}
    found = {name: pd.read_csv(path, index_col=0) for name, path in paths.items() if path.exists()}
    return {name: table[list(TITLES)].rename(columns=TITLES).round(1) for name, table in found.items()}
