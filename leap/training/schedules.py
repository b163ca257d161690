"""Learning-rate schedules: the factor by which the peak rate is multiplied at each step."""

from math import cos, pi

from leap.config import SCHEDULES, CosineSchedule, EpochCosineSchedule, StepSchedule, TrainConfig


def rate_factor(step: int, steps: int, config: TrainConfig) -> float:
    """Learning rate at a step, divided by its peak.

    >>> [rate_factor(step, 10, TrainConfig(schedule=CosineSchedule(warmup=4))) for step in (0, 1, 3)]
    [0.25, 0.5, 1.0]

    Args:
        step: index of the step within the training, from 0.
        steps: number of steps per epoch.
        config: config of the optimization.
    """
    factor: float = SCHEDULES.build(config.schedule, step, steps, config.epochs)
    return factor


@SCHEDULES.register(CosineSchedule)
def cosine(schedule: CosineSchedule, step: int, steps: int, epochs: int) -> float:
    """Linear warm-up over steps, then half a cosine to 0."""
    if step < schedule.warmup:
        return (step + 1) / schedule.warmup
    return 0.5 * (1 + cos(pi * (step - schedule.warmup) / max(1, steps * epochs - schedule.warmup)))


@SCHEDULES.register(StepSchedule)
def step_decay(schedule: StepSchedule, step: int, steps: int, epochs: int) -> float:
    """Multiplication by ``schedule.factor`` after every ``schedule.period`` epochs."""
    return schedule.factor ** (step // steps // schedule.period)


@SCHEDULES.register(EpochCosineSchedule)
def epoch_cosine(schedule: EpochCosineSchedule, step: int, steps: int, epochs: int) -> float:
    """Linear rise over ``schedule.warmup`` epochs, then half a cosine to ``schedule.final``."""
    epoch, warmup, final = step // steps + schedule.first, schedule.warmup, schedule.final
    if epoch < warmup:
        return epoch / warmup
    return final + (1 - final) * 0.5 * (1 + cos(pi * (epoch - warmup) / max(1, epochs - warmup)))
