import json

import pytest

from leap.config import CmpaeConfig, LeapConfig, MmilConfig, to_dict
from leap.errors import LeapError
from leap.experiments.sweeps.plan import check_plan, read_plan

WRITTEN = {"dataset": "tiny", "model": {"width": 8, "decoder": {"name": "leap", "heads": 2}}, "seed": 3}


@pytest.fixture
def plan(tmp_path):
    """Read a plan: ``plan(*settings, seeds=1, **what the config has besides)``."""

    def read(*settings, seeds=1, **written):
        path = tmp_path / "config.json"
        path.write_text(json.dumps(WRITTEN | written))
        return read_plan(path, settings, seeds)

    return read


def test_values_are_set_by_dotted_path(plan):
    found = plan("train.lr=1e-4..1e-2").config(
        {"train.lr": 0.5, "model.decoder.heads": 4, "noise.misses": 0.1}
    )
    assert (found.train.lr, found.model.decoder, found.noise.misses) == (0.5, LeapConfig(heads=4), 0.1)
    assert (found.model.width, found.train.batch, found.seed) == (8, 32, 3)


def test_a_part_of_another_name_keeps_what_was_written(plan):
    found = plan("train.lr=1,2").config({"model.decoder.name": "mmil"})
    assert found.model.decoder == MmilConfig(heads=2)
    assert found.model.width == 8
    found = plan("train.lr=1,2", model={"width": 8, "name": "jomold"})
    assert found.config({"model.name": "cmpae"}).model == CmpaeConfig(width=8)
    assert found.config({"model.encoder.heads": 2}).model.name == "jomold"


def test_an_absent_part_is_made_of_its_field(plan):
    assert plan("train.lr=1,2").config({"loss.avss.weight": 2.0}).loss.avss.weight == 2
    assert plan("train.lr=1,2").config({"loss.avss": None}).loss.avss is None


def test_runs_are_scored_on_val_with_seeds_that_count_up(plan):
    runs = plan("train.lr=1,2", seeds=3, split="test").runs({"train.lr": 1.0})
    assert {run.split for run in runs} == {"val"}
    assert [run.seed for run in runs] == [3, 4, 5]
    assert {run.train.lr for run in runs} == {1.0}


def test_an_accepted_plan(plan, tiny_store):
    check_plan(
        plan("train.lr=log:1e-4..1e-2", "model.decoder.name=leap,mmil", "model.decoder.heads=1,2"), tiny_store
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["train.nosuch=1,2"], r"--set train\.nosuch=1: train\.nosuch: unknown key"),
        (["nosuch.lr=1,2"], r"--set nosuch\.lr=1: nosuch: unknown key"),
        (["model.encoder.blocks=1,2"], r"model\.encoder\.blocks: unknown key"),
        (["train.lr.x=1,2"], r"--set train\.lr\.x=1: train\.lr: Input should be a valid number"),
        (
            ["train.epochs=0.5..2"],
            r"--set train\.epochs=0\.5: train\.epochs: Input .* valid integer",
        ),
        (["train.lr=fast,slow"], r"--set train\.lr=fast: train\.lr: Input should be a valid number"),
        (["train.lr=0..1"], r"--set train\.lr=0: train\.lr: Input should be greater than 0"),
        (["model.dropout=0.1,2"], r"--set model\.dropout=2: model\.dropout: Input should be less than 1"),
        (["model.decoder.name=leap,nosuch"], r"--set model\.decoder\.name=nosuch: .*no decoder 'nosuch'"),
        (["model.decoder.heads=1..4"], r"--set model\.decoder\.heads=3: .*3"),
        (
            ["model.decoder.name=leap,mmil", "model.decoder.variant=paper,release"],
            r"--set model\.decoder\.name=mmil: model\.decoder\.variant: unknown key",
        ),
        (["seed=3,4"], r"--set seed=4: .*the seed.* the same in all trials"),
        (["split=val,test"], r"--set split=val: .*the split.* the same in all trials"),
        (["train.selection=seg_type,mean"], r"--set train\.selection=mean: .*same in all trials"),
        (["dataset=tiny,av-digits"], r"--set dataset=av-digits: the data set.* same in all trials"),
    ],
)
def test_what_cannot_be_trained_is_refused(settings, message, plan, tiny_store):
    with pytest.raises(LeapError, match=rf"^{message}|^[^\n]*{message}[^\n]*$"):
        check_plan(plan(*settings), tiny_store)


def test_pairs_of_values_are_checked(plan, tiny_store):
    """Class thresholds need the gate of each modality, and neither first value has them."""
    settings = ["protocol.gate=modality,video", "thresholds_on_val=false,true"]
    with pytest.raises(LeapError, match=r"^--set protocol\.gate=video with --set thresholds_on_val=True: "):
        check_plan(plan(*settings), tiny_store)


@pytest.mark.parametrize("fields", [("train.lr", "train.lr"), ("model.decoder", "model.decoder.heads")])
def test_settings_that_overlap_are_refused(fields, plan):
    with pytest.raises(LeapError, match=rf"^--set {fields[0]} and --set {fields[1]} overlap"):
        plan(*(f"{field}=1,2" for field in fields))


def test_the_identity_is_plain_and_knows_every_axis(plan):
    first = plan("train.lr=log:1e-4..1e-2", "model.dropout=0.1,0.2")
    identity = first.identity()
    assert json.loads(json.dumps(identity)) == identity
    assert identity["config"] == to_dict(first.base)
    others = [
        plan("train.lr=1e-4..1e-2", "model.dropout=0.1,0.2"),
        plan("train.lr=log:1e-4..1e-2", "model.dropout=0.1,0.3"),
        plan("train.lr=log:1e-4..1e-2", "model.dropout=0.1,0.2", seeds=2),
    ]
    assert all(other.identity() != identity for other in others)
