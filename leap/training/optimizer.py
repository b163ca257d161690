"""The optimizer: flat parameters on a CPU, the learning rate, and its state by parameter name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm

from leap.config import TrainConfig
from leap.errors import LeapError


def make_optimizer(parser: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Make the configured optimizer of a parser's trainable parameters.

    On a CPU the parameters are flattened into one vector (`flatten`); call ``zero_grad(set_to_none=False)``
    before a step. On a GPU the fused optimizer updates any number of tensors in a few kernels; call
    ``zero_grad(set_to_none=True)``.

    Raises:
        LeapError: the parser does not have any trainable parameters.
    """
    kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[config.optimizer]
    parameters = [parameter for parameter in parser.parameters() if parameter.requires_grad]
    if not parameters:
        raise LeapError("the model has no trainable parameter; give it one, or evaluate it untrained")
    on_gpu = parameters[0].is_cuda
    return kind(
        parameters if on_gpu else [flatten(parameters)],
        lr=torch.tensor(config.lr, device="cuda") if on_gpu else config.lr,
        betas=config.betas,
        weight_decay=config.weight_decay,
        fused=True,
        capturable=on_gpu,
    )


def flatten(parameters: Sequence[nn.Parameter]) -> nn.Parameter:
    """Flatten parameters into one vector; the parameters and their gradients become views of it.

    Clipping and updating one vector takes a few operations. With hundreds of small tensors, these operations
    would take a considerable part of every step.
    """
    sizes = [parameter.numel() for parameter in parameters]
    vector = nn.Parameter(nn.utils.parameters_to_vector(parameters).detach())
    vector.grad = torch.zeros_like(vector)
    parts = vector.detach().split(sizes), vector.grad.split(sizes)
    for parameter, values, gradient in zip(parameters, *parts, strict=True):
        parameter.data, parameter.grad = values.view_as(parameter), gradient.view_as(parameter)
    return vector


def optimized_tensors(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """The tensors that an optimizer updates, of all parameter groups."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def clip_gradient(optimizer: torch.optim.Optimizer, limit: float | None) -> Tensor:
    """Scale the gradient down to a maximum norm.

    Args:
        optimizer: the optimizer whose tensors have the gradient.
        limit: the maximum norm; None for no clipping.

    Returns:
        The norm before clipping, a scalar.
    """
    tensors = optimized_tensors(optimizer)
    if limit is not None:
        return clip_grad_norm_(tensors, limit)
    return get_total_norm([tensor.grad for tensor in tensors if tensor.grad is not None])


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set the learning rate of every parameter group to ``factor`` times its initial rate, the peak."""
    for group in optimizer.param_groups:
        peak = group.setdefault("peak_lr", float(group["lr"]))
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(peak * factor)  # a CUDA graph reads the rate from this tensor
        else:
            group["lr"] = peak * factor


def learning_rate(optimizer: torch.optim.Optimizer) -> float:
    """The current learning rate of the first parameter group."""
    return float(optimizer.param_groups[0]["lr"])


def state_by_name(optimizer: torch.optim.Optimizer, parser: nn.Module) -> dict[str, Tensor]:
    """The optimizer's state as ``<parameter>.<key>``, the same for flat and separate parameters."""
    tensors: dict[str, Tensor] = {}
    for vector in optimized_tensors(optimizer):
        members = list(_members(parser, vector))
        sizes = [parameter.numel() for _, parameter in members]
        for key, value in optimizer.state.get(vector, {}).items():
            shared = key == "step" or len(members) == 1
            parts = [value] * len(members) if shared else value.split(sizes)
            for (name, parameter), part in zip(members, parts, strict=True):
                tensors[f"{name}.{key}"] = (part if key == "step" else part.view_as(parameter)).clone()
    return tensors


def load_state_by_name(
    optimizer: torch.optim.Optimizer, parser: nn.Module, tensors: dict[str, Tensor]
) -> None:
    """Load a state that `state_by_name` returned, for flat or separate parameters, into the optimizer.

    A parameter that has never received a gradient has no state if parameters are separate, and zero moments
    if they are flat.

    Raises:
        KeyError: the state of a parameter is incomplete.
        ValueError: a parameter has another shape.
    """
    keys = {name.rpartition(".")[2] for name in tensors}
    updated = {name.rpartition(".")[0] for name in tensors}
    state = {
        place: {key: _gathered(parser, vector, key, tensors, updated) for key in keys}
        for place, vector in enumerate(optimized_tensors(optimizer))
        if any(name in updated for name, _ in _members(parser, vector))
    }
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})


def _gathered(
    parser: nn.Module, vector: Tensor, key: str, tensors: dict[str, Tensor], updated: set[str]
) -> Tensor:
    """One entry of a vector's state, assembled from its members; those never updated contribute zeros."""
    members = list(_members(parser, vector))
    parts = {name: tensors[f"{name}.{key}"] for name, _ in members if name in updated}
    if key == "step":
        return max(parts.values())
    for name, parameter in members:
        if parts.setdefault(name, torch.zeros_like(parameter)).shape != parameter.shape:
            raise ValueError(f"the state of {name} has another shape")
    return torch.cat([parts[name].flatten() for name, _ in members]).view_as(vector)


def _members(parser: nn.Module, vector: Tensor) -> Iterator[tuple[str, nn.Parameter]]:
    """Names and parameters that are views of a vector, in order; a separate parameter is its own vector."""
    storage = vector.untyped_storage().data_ptr()
    for name, parameter in parser.named_parameters():
        if parameter.requires_grad and parameter.untyped_storage().data_ptr() == storage:
            yield name, parameter
