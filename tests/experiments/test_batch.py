"""Several runs in one process."""

import io
import json
from dataclasses import replace

import pytest

from leap.config import to_dict
from leap.errors import LeapError
from leap.experiments import batch
from leap.experiments.batch import make_batch, read_configs
from leap.experiments.records import read_record


@pytest.fixture
def configs(tiny_config):
    return [replace(tiny_config, seed=seed) for seed in (3, 4, 5)]


def lines(configs):
    return "\n".join(json.dumps(to_dict(config)) for config in configs)


def test_a_config_is_one_document_and_several_are_lines(configs, tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(to_dict(configs[0]), indent=2))
    assert read_configs(path) == configs[:1]
    path.write_text(lines(configs) + "\n\n")
    assert read_configs(path) == configs
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines(configs[:2]).encode())))
    assert read_configs(type(path)("-")) == configs[:2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "runs.json: cannot be read"),
        (b"\xff", "runs.json: not JSON"),
        (b"", "runs.json: not JSON"),
        (b'{\n"seed": 1,\n}', "runs.json: not JSON"),
        (b'{"seed": 1}\n{"seed": 2,}', "runs.json, line 2: not JSON"),
        (b'{"seed": 1}\n\n{"sead": 2}', "runs.json, line 3: sead: "),
        (b'{"seed": 1, "seed": 2}', "the key 'seed' occurs twice"),
    ],
)
def test_what_is_no_config_is_one_line(text, message, tmp_path):
    if text is not None:
        (tmp_path / "runs.json").write_bytes(text)
    with pytest.raises(LeapError) as error:
        read_configs(tmp_path / "runs.json")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_every_record_is_there_as_soon_as_its_run_is_done(configs, tiny_path, tmp_path, monkeypatch):
    """So a batch that is interrupted goes on with the run that it was at."""
    first, *others = (made := make_batch(configs, str(tiny_path), tmp_path)).__next__(), *made
    assert [read_record(path).seed for path in (first, *others)] == [3, 4, 5]
    made = make_batch([replace(configs[0], seed=6), *configs], str(tiny_path), tmp_path)
    assert read_record(next(made)).seed == 6
    made.close()
    monkeypatch.setattr("leap.experiments.runs.train", None)
    assert list(make_batch(configs, str(tiny_path), tmp_path)) == [first, *others]


@pytest.mark.parametrize("error", [RuntimeError("it broke"), LeapError("it failed")])
def test_a_run_that_fails_does_not_stop_the_others(error, configs, tiny_path, tmp_path, monkeypatch, capsys):
    make_run = batch.make_run

    def failing(config, *arguments):
        if config.seed == 4:
            raise error
        return make_run(config, *arguments)

    monkeypatch.setattr(batch, "make_run", failing)
    made = []
    with pytest.raises(LeapError, match="1 of 3 runs failed, as shown above; the others are made"):
        made.extend(make_batch(configs, str(tiny_path), tmp_path))
    assert len(list(tmp_path.glob("runs/*/record.json"))) == 2
    said = capsys.readouterr().err
    assert f": {error}\n" in said
    assert ("Traceback" in said) == isinstance(error, RuntimeError)
    with pytest.raises(type(error)):
        list(make_batch(configs[1:2], str(tiny_path), tmp_path))


def test_a_run_without_memory_is_one_line(configs, tiny_path, tmp_path, monkeypatch, capsys):
    def failing(*_):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(batch, "make_run", failing)
    with pytest.raises(LeapError, match="3 of 3 runs failed"):
        list(make_batch(configs, str(tiny_path), tmp_path))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.endswith(": not enough memory") for line in lines)


def refused(configs, data, results):
    with pytest.raises(LeapError) as error:
        next(make_batch(configs, str(data), results))
    return str(error.value)


def test_what_cannot_be_made_is_refused_before_anything_is_trained(configs, tiny_path, tmp_path, monkeypatch):
    monkeypatch.setattr("leap.experiments.runs.train", None)
    results, good = tmp_path / "results", configs[0]
    assert "no data set of that name" in refused([replace(good, dataset="kitchen")], "", results)
    assert "'llp', but the store is 'tiny'" in refused(
        [good, replace(good, dataset="llp")], tiny_path, results
    )
    clap = replace(good, model=replace(good.model, inputs=("clap", "clip")))
    assert "no features 'clap'" in refused([good, clap], tiny_path, results)
    labels = replace(good, model=replace(good.model, labels="none.npy"))
    assert "none.npy" in refused([good, labels], tiny_path, results)
    assert not results.exists()
    results.touch()
    assert "results: cannot be written" in refused([good], tiny_path, results)


def test_stores_are_closed_in_the_end(configs, tiny_path, tmp_path, monkeypatch):
    opened, open_dataset = [], batch.open_dataset
    monkeypatch.setattr(batch, "open_dataset", lambda name: opened.append(open_dataset(name)) or opened[-1])
    list(make_batch(configs[:1], str(tiny_path), tmp_path))
    made = make_batch([replace(configs[0], seed=9)], str(tiny_path), tmp_path)
    next(made)
    made.close()
    with pytest.raises(LeapError, match="the store is 'tiny'"):
        next(make_batch([replace(configs[0], dataset="llp")], str(tiny_path), tmp_path))
    assert len(opened) == 3
    assert not any(store._file for store in opened)  # an open HDF5 file is true
