"""How much errors in the pseudo labels cost, through L_basic and through EIoU, and what helps."""

from dataclasses import replace

from leap.config import NoiseConfig, RunConfig
from leap.study.grid import CLAIM_SEEDS, SEEDS, Profile, config, with_seeds

CLEAN = "as they are"
NOISES = {
    CLEAN: NoiseConfig(),
    "20 % misses": NoiseConfig(misses=0.2),
    "40 % misses": NoiseConfig(misses=0.4),
    "20 % false alarms": NoiseConfig(false_alarms=0.2),
    "40 % false alarms": NoiseConfig(false_alarms=0.4),
}
"""Errors added to those that the pseudo labels have."""

STRONG = ("40 % misses", "40 % false alarms")
SIMILAR, CONFIDENT = "LEAP + L_avss", "LEAP + confident L_avss"


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``11_pseudo_labels``, named by system, errors and who learns from them.

    MMIL and LEAP meet all errors; LEAP with L_avss, as in the paper and weighed by confidence, the strong
    ones, in all losses or in one.
    """
    base = {system: config(system, profile, dataset) for system in ("MMIL", "LEAP", SIMILAR)}
    base[CONFIDENT] = replace(base[SIMILAR], loss=replace(base[SIMILAR].loss, confident=True))
    runs: dict[tuple[str, str, str], RunConfig] = {}
    for system in ("MMIL", "LEAP"):
        runs |= {(system, name, "all"): replace(base[system], noise=noise) for name, noise in NOISES.items()}
    for system in (SIMILAR, CONFIDENT):
        runs |= {
            (system, name, "all"): replace(base[system], noise=NOISES[name]) for name in (CLEAN, *STRONG)
        }
    for part in ("basic", "avss"):
        for name in STRONG:
            runs[SIMILAR, name, part] = replace(base[SIMILAR], noise=replace(NOISES[name], of=part))
    return {
        f"{system}, {name}" + (f" in L_{part}" if part != "all" else ""): with_seeds(
            run, profile, CLAIM_SEEDS if name == CLEAN and system != CONFIDENT else SEEDS
        )
        for (system, name, part), run in runs.items()
    }
