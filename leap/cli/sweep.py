"""``leap sweep``: search for the values of any fields of a config."""

import json
from typing import Annotated

import typer

from leap.cli.options import Config, Data, Device, Force, Out, check_out_folder
from leap.cli.outputs import check_outputs
from leap.errors import require


def sweep(
    config: Config,
    out: Out,
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="FIELD=a,b,c for choices, FIELD=lo..hi for a range (of integers if both ends are) or "
            "FIELD=log:lo..hi for one on a logarithmic scale; FIELD is a dotted path, such as "
            "model.decoder.heads. Repeatable.",
        ),
    ],
    trials: Annotated[int, typer.Option(min=1, max=100_000, help="Number of trials in all.")],
    seeds: Annotated[
        int, typer.Option(min=1, max=100, help="Runs per trial, whose scores are averaged.")
    ] = 1,
    data: Data = "",
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Vary fields of a config to raise the validation score; prints the best config.

    The same command continues a sweep, also in several processes at the same time. The split test is never
    read. OUT gets best.json, which leap train takes, trials.csv, trials.png and the runs.
    """
    require("optuna", "sweep")
    require("seaborn", "sweep")  # the figure is drawn only after the first trial
    from leap.config import to_dict
    from leap.data.registry import open_dataset
    from leap.experiments.runs import check_writable
    from leap.experiments.sweeps.plan import check_plan, read_plan
    from leap.experiments.sweeps.report import report_files
    from leap.experiments.sweeps.study import STUDY
    from leap.experiments.sweeps.sweep import sweep as make_sweep
    from leap.training.distributed import check_device

    check_out_folder(out)
    if not (out / STUDY).exists():
        check_outputs([out / STUDY, *report_files(out)], [config, data], force)
    plan, place = read_plan(config, settings, seeds), check_device(device)
    with open_dataset(data or plan.base.dataset) as store:
        check_plan(plan, store)
        check_writable(out)
        best = make_sweep(plan, store, out, trials, place)
    print(json.dumps(to_dict(best), indent=2))
