"""Temporal smoothing of pseudo-labels: what it gains by loss, by decoder and under added errors."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from torch import Tensor

from leap.config import AvssConfig, NoiseConfig, RunConfig, Smoother, SmoothingConfig
from leap.data.pseudo_labels import precision_recall
from leap.data.pseudo_labels.median import median_filter
from leap.data.pseudo_labels.smooth import LEAST_GAIN, smooth_by_hmm
from leap.data.store import FeatureStore
from leap.experiments.cells import LOSSES, Cell, is_available, profile_config
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.estimates import tally
from leap.experiments.grid import CLAIM_SEEDS, SLOW_SEEDS, Profile, with_seeds
from leap.experiments.records import PRIMARY, Record
from leap.experiments.tables import Runs, by_keys, format_difference, paired
from leap.training.run import labels_to_learn

COUPLINGS = {"MMIL": "pooled", "LEAP": "separate"}
"""Decoder → source of its video probabilities in its publication."""

SYSTEMS = tuple(product(COUPLINGS, LOSSES))
"""Decoders and losses."""

PLAIN, HMM, RULE = "as they are", "HMM", "rule"
SMOOTHERS: dict[str, Smoother] = {PLAIN: "none", "median filter": "median", HMM: "hmm", RULE: "auto"}
"""Title → how the pseudo-labels of both modalities are denoised; the rule decides for each modality whether
the HMM is applied, see `leap.data.pseudo_labels.smooth`."""

FIXED = tuple(title for title in SMOOTHERS if title != RULE)
"""What is tried with added errors."""

NOISES = {
    "20 % misses": NoiseConfig(misses=0.2),
    "40 % misses": NoiseConfig(misses=0.4),
    "20 % false alarms": NoiseConfig(false_alarms=0.2),
    "40 % false alarms": NoiseConfig(false_alarms=0.4),
    "40 % bursty misses": NoiseConfig(misses=0.4, bursts=True),
    "40 % bursty false alarms": NoiseConfig(false_alarms=0.4, bursts=True),
}
"""Title → errors that are added to the pseudo-labels before they are denoised."""

NATURAL = "none"
"""Title of the labels without added errors."""

NOISE_CLAIMS = {
    "denoising-misses": "40 % misses",
    "denoising-false-alarms": "40 % false alarms",
    "denoising-bursty-misses": "40 % bursty misses",
    "denoising-bursty-false-alarms": "40 % bursty false alarms",
}
"""Registered claim → its added errors."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs by decoder, loss, denoising and added errors.

    All use the settings that were chosen for their decoder and loss with the labels as they are. Without
    added errors, every entry of `SMOOTHERS` is tried, and L_avss with the labels denoised by the rule; the
    runs with the labels as they are belong to ``14_decoder_or_loss``, too. With added errors, the rule is not
    tried; profile ``smoke`` adds errors of one kind only.
    """
    systems = _systems(profile, dataset)
    added = ("40 % misses",) if profile == "smoke" else tuple(NOISES)
    natural = _denoised(systems, SMOOTHERS) | _with_avss(systems)
    noisy = {
        f"{name}, {errors}": replace(config, noise=NOISES[errors])
        for errors in added
        for name, config in _denoised(systems, FIXED).items()
    }
    return {
        name: with_seeds(config, profile, seeds)
        for configs, seeds in ((natural, CLAIM_SEEDS), (noisy, SLOW_SEEDS))
        for name, config in configs.items()
    }


NOTEBOOK = "15_denoised_labels"
CHAPTER = Chapter(NOTEBOOK, grid)


def _systems(profile: Profile, dataset: str) -> dict[str, RunConfig]:
    """MMIL and LEAP as published on HAN, with both losses; only those for which settings were chosen."""
    cells = [Cell(decoder, video, loss) for decoder, video in COUPLINGS.items() for loss in LOSSES]
    return {
        f"{cell.decoder}, {cell.loss}": profile_config(cell, profile, dataset)
        for cell in cells
        if is_available(cell, profile, dataset)
    }


def _denoised(systems: dict[str, RunConfig], titles: Iterable[str]) -> dict[str, RunConfig]:
    """Every system with every denoising; ``titles`` are keys of `SMOOTHERS`."""
    return {
        f"{name}, {title}": replace(config, smoothing=_both(SMOOTHERS[title]))
        for name, config in systems.items()
        for title in titles
    }


def _with_avss(systems: dict[str, RunConfig]) -> dict[str, RunConfig]:
    """VALOR's loss with L_avss, both from labels denoised by the rule."""
    return {
        f"{name} + L_avss, {RULE}": replace(
            config, loss=replace(config.loss, avss=AvssConfig()), smoothing=_both(SMOOTHERS[RULE])
        )
        for name, config in systems.items()
        if config.loss == LOSSES["VALOR's loss"]
    }


def _both(smoother: Smoother) -> SmoothingConfig:
    """The same denoising of both modalities."""
    return SmoothingConfig(audio=smoother, visual=smoother)


def label_table(runs: Runs, store: FeatureStore) -> pd.DataFrame:
    """What the rule decides for the training labels of runs, and their quality before and after denoising.

    Args:
        runs: the chapter's runs.
        store: their data set.

    Returns:
        One row per added errors and modality, means over the seeds of the errors: ``expected``, the gain that
        the HMM expects, see `leap.data.pseudo_labels.smooth.expected_gain`; ``applied``, the fraction of
        seeds in which the rule applies the HMM; and the F-scores × 100 against dense labels of the labels as
        they are (``plain``) and denoised (``median``, ``hmm``), NaN where training videos have no dense
        labels.
    """
    rows = {}
    for errors in dict.fromkeys(errors for errors, _ in _conditions(runs)):
        records = runs[_cell(*SYSTEMS[0], PLAIN, errors)]
        configs = [record.run_config() for record in (records[:1] if errors == NATURAL else records)]
        for modality in ("audio", "visual"):
            rows[errors, modality] = _label_row(configs, modality, store)
    return by_keys(rows, "added errors", "modality")


def _label_row(configs: Sequence[RunConfig], modality: str, store: FeatureStore) -> dict[str, float]:
    """A row of `label_table`: means over the training labels of run configs."""
    rows = []
    for config in configs:
        videos = labels_to_learn(store.videos("train")[: config.train.videos], config)
        pseudo, true = (getattr(videos, f"{kind}_{modality}") for kind in ("pseudo", "true"))
        rows.append(_label_measures(pseudo, videos.weak, true))
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _label_measures(pseudo: Tensor, weak: Tensor, true: Tensor | None) -> dict[str, float]:
    """The columns of `label_table`, from pseudo-labels (N, T, C), weak labels (N, C) and dense labels."""
    smoothed, gain = smooth_by_hmm(pseudo, weak)
    row = {"expected": gain, "applied": float(gain > LEAST_GAIN)}
    for name, labels in (("plain", pseudo), ("median", median_filter(pseudo)), ("hmm", smoothed)):
        row[name] = float("nan") if true is None else 100 * precision_recall(labels, true).f
    return row


def gain_table(runs: Runs) -> pd.DataFrame:
    """Denoised labels minus labels as they are, in the primary measure.

    Returns:
        Index ``added errors``, ``labels`` (how they are denoised), ``decoder`` and ``loss``; columns as in
        `leap.experiments.tables.pair_table`.
    """
    rows = {
        (errors, title, *system): paired(
            runs[_cell(*system, title, errors)], runs[_cell(*system, PLAIN, errors)], PRIMARY
        )
        for errors, title in _conditions(runs)
        for system in SYSTEMS
        if title != PLAIN
    }
    return by_keys(rows, "added errors", "labels", "decoder", "loss")


def decoder_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus MMIL with equal loss and labels, in the primary measure.

    Returns:
        Index ``added errors``, ``labels`` (how they are denoised) and ``loss``; columns as in `gain_table`.
    """
    rows = {
        (errors, title, loss): paired(
            runs[_cell("LEAP", loss, title, errors)], runs[_cell("MMIL", loss, title, errors)], PRIMARY
        )
        for errors, title in _conditions(runs)
        for loss in LOSSES
    }
    return by_keys(rows, "added errors", "labels", "loss")


def natural_runs(runs: Runs) -> dict[str, Sequence[Record]]:
    """The runs without added errors."""
    return {name: records for name, records in runs.items() if not name.endswith(tuple(NOISES))}


def labels_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`label_table` as text, with the rule's decision."""
    text = table[["expected"]].map("{:.2f}".format).rename(columns={"expected": "expected gain"})
    text["rule"] = [_decision(share) for share in table["applied"]]
    for name, title in (("plain", PLAIN), ("median", "median filter"), ("hmm", HMM)):
        text[f"F, {title}"] = table[name].map("{:.1f}".format).where(table[name].notna(), "–")
    return text


def _decision(share: float) -> str:
    """What the rule does in words, from the fraction of seeds in which it applies the HMM."""
    return {0.0: PLAIN, 1.0: HMM}.get(share, f"{HMM} in {100 * share:.0f} % of seeds")


def effects_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """`gain_table` or `decoder_table` as text: one row per labels and added errors, one column per system."""
    systems = [", ".join(key[2:]) for key in table.index]
    text = table.apply(format_difference, axis=1).droplevel(list(range(2, table.index.nlevels)))
    return pd.DataFrame(dict(list(text.groupby(systems, sort=False))))


def panels(gains: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """Rows of `gain_table` for `leap.visualization.effects.effect_plot`: one panel per loss.

    The median filter is left out.
    """
    shown = gains[gains.index.get_level_values("labels").isin([HMM, RULE])]
    return {loss: {name: _labeled(shown, name, loss) for name in COUPLINGS} for loss in LOSSES}


def _labeled(gains: pd.DataFrame, decoder: str, loss: str) -> pd.DataFrame:
    """The rows of a decoder and a loss, with an index of one level for a figure."""
    rows = gains.xs((decoder, loss), level=("decoder", "loss"))
    names = [f"{title}, {errors if errors != NATURAL else 'no added errors'}" for errors, title in rows.index]
    return pd.DataFrame(rows).set_axis(names, axis="index")


def answer(claims: pd.DataFrame, labels: pd.DataFrame, dataset: str) -> str:
    """What the rule does on a data set, and what the labels that it gives gain under each loss.

    Args:
        claims: the chapter's `leap.experiments.estimates.estimate_table`.
        labels: `label_table`.
        dataset: name of the data set.
    """
    said = _estimates(claims)
    return (
        f"On {dataset}, the rule {_rule_in_words(labels)}. Compared with training on the labels as they are, "
        f"training on its labels changes the primary measure by {said['denoising-valor-loss']} under VALOR's "
        f"loss and by {said['denoising-basic-loss']} under L_basic, averaged over MMIL and LEAP."
    )


def conclusion(claims: pd.DataFrame, labels: pd.DataFrame, decoders: pd.DataFrame, dataset: str) -> str:
    """What the chapter's estimates say on a data set; arguments as of `answer`, and `decoder_table`."""
    parts = answer(claims, labels, dataset), _decoders_in_words(claims, decoders), _noise_in_words(claims)
    return " ".join([*parts, tally(claims)])


def _decoders_in_words(claims: pd.DataFrame, decoders: pd.DataFrame) -> str:
    """A paragraph on the gain by the decoder and by L_avss with denoised labels."""
    natural = pd.DataFrame(decoders.xs((NATURAL, "VALOR's loss"), level=("added errors", "loss")))
    said, gains = _estimates(claims), _estimates(natural)
    return (
        f"Under VALOR's loss, LEAP minus MMIL is {gains[PLAIN]} with the labels as they are and "
        f"{gains[RULE]} with the rule's labels. MMIL under VALOR's loss with the rule's labels minus LEAP "
        f"under L_basic with the labels as they are is {said['denoising-beats-decoder']}. With VALOR's loss "
        f"and the rule's labels, L_avss adds {said['avss-after-denoising']}."
    )


def _noise_in_words(claims: pd.DataFrame) -> str:
    """The HMM compared with the median filter, and what it gains under added errors."""
    said = _estimates(claims)
    noisy = [f"{said[name]} with {errors}" for name, errors in NOISE_CLAIMS.items() if name in said]
    return (
        "Averaged over decoders and losses, the HMM instead of the median filter changes the measure by "
        f"{said['hmm-over-median']}, and the HMM instead of labels as they are by {', '.join(noisy)}."
    )


def _estimates(table: pd.DataFrame) -> dict[Hashable, str]:
    """The differences of a table as text, by its index."""
    return table.apply(format_difference, axis=1).to_dict()


def _rule_in_words(labels: pd.DataFrame) -> str:
    """What the rule does to the labels without added errors, as a predicate."""
    applied = labels.loc[NATURAL]["applied"]
    smoothed = [modality for modality, share in applied.items() if share]
    if len(smoothed) == 1:
        return f"applies the HMM to the {smoothed[0]} pseudo-labels only"
    if smoothed:
        return "applies the HMM to the pseudo-labels of both modalities"
    return "leaves the pseudo-labels of both modalities as they are, so it gains nothing by construction"


def _conditions(runs: Runs) -> Iterator[tuple[str, str]]:
    """The added errors and denoisings that have runs."""
    for errors, title in product((NATURAL, *NOISES), SMOOTHERS):
        if _cell(*SYSTEMS[0], title, errors) in runs:
            yield errors, title


def _cell(decoder: str, loss: str, title: str, errors: str) -> str:
    """Name of the runs of a decoder, loss, denoising and added errors."""
    return ", ".join([decoder, loss, title] + [errors] * (errors != NATURAL))
