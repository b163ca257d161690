"""Training: the step, losses, schedules, checkpoints, several processes."""
