"""At profile ``full``, notebooks train nothing whose record is committed, but for a figure of a model."""

from leap.data.registry import open_dataset
from leap.experiments.chapters import leap_vs_mmil
from leap.experiments.notebooks import execute
from leap.experiments.records import read_records
from leap.training.run import run_key
from tests.tree import ROOT


def execute_at_full(name, folder):
    parameters = {"profile": "full", "dataset": "av-digits", "results": str(folder / "results")}
    execute(ROOT / "notebooks" / f"{name}.ipynb", folder / "executed.ipynb", parameters)
    return {
        str(path.relative_to(folder / "results")) for path in folder.rglob("results/**/*") if path.is_file()
    }


def test_a_notebook_publishes_the_committed_records_again_and_trains_nothing(tmp_path):
    made = execute_at_full("07_blocks", tmp_path)
    assert not (tmp_path / "results" / "runs").exists()
    assert made == {f"tables/07_{name}.csv" for name in ("cost", "scores", "differences")} | {
        "records/07_blocks.jsonl.gz"
    }
    for file in made:
        ours, committed = tmp_path / "results" / file, ROOT / "results" / file
        if file.endswith(".csv"):
            assert ours.read_bytes() == committed.read_bytes()
        else:
            assert read_records(ours) == read_records(committed)


def test_a_figure_of_a_model_trains_that_model_alone(tmp_path):
    made = execute_at_full("10_interpretability", tmp_path)
    with open_dataset("av-digits") as store:
        key = run_key(leap_vs_mmil.grid("full", "av-digits")["LEAP"][0], store.checksum)
    assert {file for file in made if file.startswith("runs/")} == {
        f"runs/{key}/model.safetensors",
        f"runs/{key}/config.json",
    }
