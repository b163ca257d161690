"""Training: steps, losses, schedules, checkpoints and data parallelism."""
