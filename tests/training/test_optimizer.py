"""The optimiser: one vector on a CPU, rates and clipping over all parameter groups, its state by name."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from leap.config import (
    AvssConfig,
    HanConfig,
    LeapConfig,
    LossConfig,
    ModelConfig,
    StepSchedule,
    TrainConfig,
)
from leap.errors import LeapError
from leap.training.criterion import Criterion
from leap.training.optimizer import (
    flatten,
    load_state_by_name,
    make_optimizer,
    optimized_tensors,
    set_learning_rate,
    state_by_name,
)
from leap.training.state import Progress, TrainingState
from leap.training.trainer import Trainer
from tests.models.product import make

MODEL = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
CONFIG = TrainConfig(epochs=4, batch=5, lr=1e-2)


@pytest.fixture
def train(make_videos):
    return make_videos(12, t=4, c=3)._map(lambda tensor: tensor.double())


UNIMODAL = replace(MODEL, encoder=HanConfig(heads=2, cross_weight=0.0))
"""A model whose cross-modal attention never receives a gradient."""


def make_parser(model=MODEL):
    """A parser in float64, in which equal computations in another order are as good as equal."""
    return make(model, 3).double()


def trainer_of(parser, optimizer, videos, config=CONFIG):
    return Trainer(parser, Criterion(LossConfig(avss=AvssConfig())), optimizer, videos, config, 0)


def values(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_kinds_and_settings():
    parser = make_parser()
    adam = make_optimizer(parser, TrainConfig(optimizer="adam", betas=(0.5, 0.99), weight_decay=0.0))
    assert type(adam) is torch.optim.Adam
    assert adam.defaults["betas"] == (0.5, 0.99)
    adamw = make_optimizer(parser, TrainConfig(weight_decay=0.25, lr=0.125))
    assert type(adamw) is torch.optim.AdamW
    assert (adamw.defaults["weight_decay"], adamw.defaults["lr"]) == (0.25, 0.125)


def test_a_parser_that_is_frozen_as_a_whole_is_refused():
    with pytest.raises(LeapError, match=r"^the model has no trainable parameter[^\n]*$"):
        make_optimizer(make_parser().requires_grad_(False), CONFIG)


def test_the_vector_holds_values_and_gradients():
    parser, before = make_parser(), values(make_parser())
    vector = flatten(list(parser.parameters()))
    assert_equal(values(parser), before)
    assert vector.numel() == sum(p.numel() for p in parser.parameters())
    with torch.no_grad():
        vector.fill_(2.0)
        vector.grad.fill_(3.0)
    for parameter in parser.parameters():
        assert (parameter == 2).all()
        assert (parameter.grad == 3).all()


def test_one_vector_is_updated_as_separate_tensors(train):
    parsers = [make_parser() for _ in range(2)]
    separate = separate_optimizer(parsers[1])
    trainers = [
        trainer_of(parser, optimizer, train)
        for parser, optimizer in zip(parsers, (make_optimizer(parsers[0], CONFIG), separate), strict=True)
    ]
    for epoch in range(3):
        first, second = (trainer.train_one_epoch(epoch) for trainer in trainers)
        assert first == pytest.approx(second, rel=1e-12)
    for name, value in parsers[0].named_parameters():
        torch.testing.assert_close(value, parsers[1].get_parameter(name), rtol=1e-9, atol=1e-9, msg=name)


def separate_optimizer(parser):
    """The optimiser that `make_optimizer` makes on a GPU, over every parameter by itself."""
    settings = {"betas": CONFIG.betas, "weight_decay": CONFIG.weight_decay, "fused": True}
    return torch.optim.AdamW([p for p in parser.parameters() if p.requires_grad], lr=CONFIG.lr, **settings)


@pytest.mark.parametrize("part", ["encoder", "decoder", "frontend"])
@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_what_is_frozen_stays_as_it_is(kind, part, train):
    """Bit for bit, with weight decay, whose only trace it would be."""
    parser = make_parser()
    parser.get_submodule(part).requires_grad_(False)
    before = values(parser)
    config = TrainConfig(epochs=2, batch=5, lr=1e-2, weight_decay=0.5, optimizer=kind)
    trainer_of(parser, make_optimizer(parser, config), train, config).train_one_epoch(0)
    after = values(parser)
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved == {name for name, _ in parser.named_parameters() if not name.startswith(part)}


def two_groups(parser, kind=torch.optim.SGD):
    """An optimiser with rates 0.5 for the decoder and 0.125 for the rest."""
    decoder = list(parser.decoder.parameters())
    rest = [*parser.frontend.parameters(), *parser.encoder.parameters()]
    return kind([{"params": [flatten(part)], "lr": lr} for part, lr in ((decoder, 0.5), (rest, 0.125))])


def test_groups_keep_their_rates_under_a_schedule(train):
    parser = make_parser()
    optimizer = two_groups(parser)
    schedule = StepSchedule(period=1, factor=0.5)
    trainer = trainer_of(parser, optimizer, train, TrainConfig(epochs=4, batch=5, schedule=schedule))
    rates = []
    for epoch in range(3):
        trainer.train_one_epoch(epoch)
        rates.append([group["lr"] for group in optimizer.param_groups])
    assert rates == [[0.5, 0.125], [0.25, 0.0625], [0.125, 0.03125]]


def test_a_rate_in_a_tensor_is_changed_in_place():
    """A CUDA graph reads the rate from that tensor."""
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([parameter], lr=torch.tensor(0.5), capturable=False, foreach=False)
    rate = optimizer.param_groups[0]["lr"]
    for factor in (0.5, 0.25, 1.0):
        set_learning_rate(optimizer, factor)
        assert optimizer.param_groups[0]["lr"] is rate
        assert rate.item() == 0.5 * factor


def test_clipping_bounds_all_groups_together(train):
    """Of SGD, a move over its rate is a gradient; the norm of all of them is the clip."""
    parser, clip = make_parser(), 1e-6
    optimizer = two_groups(parser)
    before = [vector.detach().clone() for vector in optimized_tensors(optimizer)]
    config = TrainConfig(epochs=1, batch=12, clip=clip, schedule=StepSchedule())
    trainer_of(parser, optimizer, train, config).train_one_epoch(0)
    moves = [
        (vector.detach() - start) / rate
        for vector, start, rate in zip(optimized_tensors(optimizer), before, (0.5, 0.125), strict=True)
    ]
    assert all(0 < move.norm() < clip for move in moves)
    assert torch.cat(moves).norm().item() == pytest.approx(clip, rel=1e-4)


def test_without_a_clip_gradients_stay(train):
    norms = []
    for clip in (None, 1e-6):
        parser = make_parser()
        config = TrainConfig(epochs=1, batch=12, clip=clip, schedule=StepSchedule())
        trainer_of(parser, two_groups(parser), train, config).train_one_epoch(0)
        norms.append(torch.cat([p.grad.flatten() for p in parser.parameters()]).norm().item())
    assert norms[0] > 1e-2
    assert norms[1] == pytest.approx(1e-6, rel=1e-3)


def trained(train, optimizer_of, parser=None):
    """A parser and its optimiser after an epoch."""
    parser = parser or make_parser()
    optimizer = optimizer_of(parser)
    trainer_of(parser, optimizer, train).train_one_epoch(0)
    return parser, optimizer


def test_state_has_the_names_and_shapes_of_parameters(train):
    parser, optimizer = trained(train, lambda parser: make_optimizer(parser, CONFIG))
    tensors = state_by_name(optimizer, parser)
    names = [name for name, _ in parser.named_parameters()]
    assert tensors.keys() == {f"{name}.{key}" for name in names for key in ("step", "exp_avg", "exp_avg_sq")}
    for name, parameter in parser.named_parameters():
        assert tensors[f"{name}.exp_avg"].shape == parameter.shape
        assert tensors[f"{name}.step"].item() == 3
    assert torch.cat([tensors[f"{name}.exp_avg"].flatten() for name in names]).any()


@pytest.mark.parametrize("frozen", ["", "encoder"])
def test_state_moves_between_one_vector_and_separate_tensors(frozen, train):
    """As a training that moves from a CPU to a GPU and back; then both go on alike."""
    parser = make_parser()
    parser.get_submodule(frozen).requires_grad_(not frozen)
    flat_parser, flat = trained(train, lambda parser: make_optimizer(parser, CONFIG), parser)
    tensors = state_by_name(flat, flat_parser)
    separate_parser = deepcopy(flat_parser)
    separate = separate_optimizer(separate_parser)
    load_state_by_name(separate, separate_parser, tensors)
    assert len(optimized_tensors(separate)) > len(optimized_tensors(flat)) == 1
    assert_equal(state_by_name(separate, separate_parser), tensors)
    again_parser = deepcopy(separate_parser)
    again = make_optimizer(again_parser, CONFIG)
    load_state_by_name(again, again_parser, state_by_name(separate, separate_parser))
    assert_equal(state_by_name(again, again_parser), tensors)
    for one, other in zip(optimized_tensors(flat), optimized_tensors(again), strict=True):
        assert_equal(flat.state[one], again.state[other])
    for parser, optimizer in ((flat_parser, flat), (separate_parser, separate), (again_parser, again)):
        trainer_of(parser, optimizer, train).train_one_epoch(1)
    assert_equal(values(again_parser), values(flat_parser))
    for name, value in values(separate_parser).items():
        torch.testing.assert_close(value, values(flat_parser)[name], rtol=1e-9, atol=1e-9, msg=name)


def test_state_of_two_groups(train):
    def adam(parser):
        return two_groups(parser, torch.optim.Adam)

    parser, optimizer = trained(train, adam)
    tensors = state_by_name(optimizer, parser)
    assert {name.rpartition(".")[0] for name in tensors} == {name for name, _ in parser.named_parameters()}
    again = deepcopy(parser)
    other = adam(again)
    load_state_by_name(other, again, tensors)
    assert_equal(state_by_name(other, again), tensors)


def test_a_state_before_the_first_step_is_empty():
    parser = make_parser()
    optimizer = make_optimizer(parser, CONFIG)
    assert state_by_name(optimizer, parser) == {}
    load_state_by_name(optimizer, parser, {})
    assert not optimizer.state_dict()["state"]


def test_a_state_of_other_parameters_is_refused(train):
    parser, optimizer = trained(train, lambda parser: make_optimizer(parser, CONFIG))
    tensors = state_by_name(optimizer, parser)
    name = "encoder.layers.0.norm_attention.weight.exp_avg"
    with pytest.raises(ValueError, match=r"the state of encoder\.[^ ]*weight has another shape"):
        load_state_by_name(optimizer, parser, tensors | {name: torch.zeros(3)})
    del tensors[name]
    with pytest.raises(KeyError, match="exp_avg"):
        load_state_by_name(optimizer, parser, tensors)


def flat_optimizer(parser):
    return make_optimizer(parser, CONFIG)


def unused(parser):
    return {name for name, _ in parser.named_parameters() if "cross_attention" in name}


def test_the_state_of_an_unused_parameter_is_absent_or_zero(train):
    """Absent for separate parameters, which stay absent; zero in a vector."""
    parser, separate = trained(train, separate_optimizer, make_parser(UNIMODAL))
    tensors, names = state_by_name(separate, parser), unused(parser)
    updated = {name for name, _ in parser.named_parameters()} - names
    assert names
    assert {name.rpartition(".")[0] for name in tensors} == updated

    again_parser = deepcopy(parser)
    again = separate_optimizer(again_parser)
    load_state_by_name(again, again_parser, tensors)
    assert_equal(state_by_name(again, again_parser), tensors)

    flat_parser = deepcopy(parser)
    flat = flat_optimizer(flat_parser)
    load_state_by_name(flat, flat_parser, tensors)
    found = state_by_name(flat, flat_parser)
    assert_equal({name: found[name] for name in tensors}, tensors)
    assert {name.rpartition(".")[0] for name in found.keys() - tensors.keys()} == names
    for name in names:
        assert not found[f"{name}.exp_avg"].any()
        assert not found[f"{name}.exp_avg_sq"].any()
    assert flat.state[optimized_tensors(flat)[0]]["step"] == 3


def test_the_first_parameter_of_a_vector_may_be_unused():
    """The vector's steps are then those of the others."""
    layers = [torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)]
    parser = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(parser.parameters())
    layers[1](torch.ones(1, 2)).sum().backward()
    optimizer.step()
    again = deepcopy(parser)
    flat = flat_optimizer(again)
    load_state_by_name(flat, again, state_by_name(optimizer, parser))
    assert flat.state[optimized_tensors(flat)[0]]["step"] == 1


@pytest.mark.parametrize("read", [flat_optimizer, separate_optimizer])
@pytest.mark.parametrize("written", [flat_optimizer, separate_optimizer])
def test_a_training_with_unused_parameters_is_resumed(written, read, train, tmp_path):
    config = TrainConfig(epochs=4, batch=5, lr=1e-2)
    parser = make_parser(UNIMODAL)
    optimizer = written(parser)
    trainer = trainer_of(parser, optimizer, train, config)
    trainer.train_one_epoch(0)
    with TrainingState(parser, optimizer, tmp_path, "this") as state:
        state.keep_best()
        state.save(Progress([{}], 1, 1.0))
    trainer.train_one_epoch(1)

    again = make_parser(UNIMODAL)
    resumed = read(again)
    with TrainingState(again, resumed, tmp_path, "this") as state:
        assert state.load() == Progress([{}], 1, 1.0)
    trainer_of(again, resumed, train, config).train_one_epoch(1)
    for name, value in values(parser).items():
        if written is read:
            assert torch.equal(again.state_dict()[name], value), name
        elif name not in unused(parser):
            torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-9, atol=1e-9, msg=name)
