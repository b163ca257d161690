import numpy as np
import pandas as pd

from leap.visualization.sweeps import sweep_figure

TABLE = pd.DataFrame(
    {
        "train.lr": [0.01, 0.001, 0.1],
        "model.decoder.heads": [10, 2, 2],
        "train.clip": [1.0, "null", 1.0],
        "score": [40.0, 50.0, np.nan],
    }
)
SCALES = {"train.lr": "log", "model.decoder.heads": "category", "train.clip": "category"}


def test_every_field_has_a_panel_with_its_trials():
    figure = sweep_figure(TABLE, SCALES, "validation score")
    assert [axis.get_xlabel() for axis in figure.axes] == list(SCALES)
    assert figure.get_supylabel() == "validation score"
    drawn = [[line.get_xydata().tolist() for line in axis.lines] for axis in figure.axes]
    assert drawn[0] == [[[0.01, 40], [0.001, 50]], [[0.001, 50]]]  # all trials, and the best one
    assert drawn[1] == [[[1, 40], [0, 50]], [[0, 50]]]
    assert figure.axes[0].get_xscale() == "log"
    names = [[label.get_text() for label in axis.get_xticklabels()] for axis in figure.axes[1:]]
    assert names == [["2", "10"], ["1.0", "null"]]
