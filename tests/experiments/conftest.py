from dataclasses import replace

import numpy as np
import pytest


@pytest.fixture
def make_record(tiny_records):
    """A record whose every score, measure and diagnostic has one value, on six videos."""

    def make(seed=0, value=50.0, diagnostics=None, **changes):
        template = tiny_records[0]
        scores = [value / 100] * 6
        parts = {part: dict.fromkeys(measures, value) for part, measures in template.segments.items()}
        return replace(
            template,
            seed=seed,
            metrics=dict.fromkeys(template.metrics, value),
            per_video=dict.fromkeys(template.per_video, scores),
            segments=parts,
            diagnostics=diagnostics or dict.fromkeys(template.diagnostics, value),
            seconds=float(np.float64(value)),
            **changes,
        )

    return make


@pytest.fixture
def make_runs(make_record):
    """Records of some systems: a value each, with two seeds one apart."""

    def make(**values):
        return {name: [make_record(seed, value + seed) for seed in (0, 1)] for name, value in values.items()}

    return make
