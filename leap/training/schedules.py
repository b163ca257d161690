"""Learning rates, step by step."""

from math import cos, pi

from leap.config import TrainConfig


def learning_rate(step: int, steps: int, config: TrainConfig) -> float:
    """Rate at a step, counted from 0, of an epoch that has ``steps``."""
    return config.lr * SCHEDULES[config.schedule.name](step, steps, config)


def _cosine(step: int, steps: int, config: TrainConfig) -> float:
    """Linear warm-up by steps, then half a cosine down to 0."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    return 0.5 * (1 + cos(pi * (step - config.warmup) / max(1, steps * config.epochs - config.warmup)))


def _drops(step: int, steps: int, config: TrainConfig) -> float:
    """Times ``factor`` every ``period`` epochs, as in HAN, MM-Pyr, CMPAE and LEAP."""
    return config.schedule.factor ** (step // steps // config.schedule.period)


def _epochs(step: int, steps: int, config: TrainConfig) -> float:
    """By epochs: a rise from 0 over ``period`` of them, then half a cosine down to ``factor`` (VALOR)."""
    epoch, period, last = step // steps, config.schedule.period, config.schedule.factor
    if epoch < period:
        return epoch / period
    return last + (1 - last) * 0.5 * (1 + cos(pi * (epoch - period) / max(1, config.epochs - period)))


SCHEDULES = {"cosine": _cosine, "drops": _drops, "epochs": _epochs}
