"""The state of an interrupted training, in a file: weights, optimizer, and how far it came."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from hawx_hw.networks.tensor_file import pack, unpack
from hawx_hw.util.files import read_bytes, write_bytes

__all__ = ["resume", "save"]

#: Shape and type of AdamW's count of steps.
_COUNT = (torch.Size([]), torch.float32)


def save(
    network: nn.Module, optimizer: torch.optim.Optimizer, identity: str, epoch: int, partial: Path
) -> None:
    """Write the state after ``epoch`` epochs of the training that ``identity`` describes."""
    tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in moments.items()}
    on_cpu = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    write_bytes(partial, pack(on_cpu, {"identity": identity, "epoch": str(epoch)}))


def resume(
    network: nn.Module, optimizer: torch.optim.Optimizer, identity: str, partial: Path
) -> int:
    """Restore the state of an interrupted training of the same identity; the epochs that it did.

    What cannot be read, is damaged, or belongs to another training is no state to go on from: the
    network and the optimizer remain as they are, and the result is 0.
    """
    try:
        tensors, metadata = unpack(read_bytes(partial))
        if metadata.get("identity") != identity:
            return 0
        epoch = int(metadata["epoch"])
        weights, state = _separated(tensors)
    except (OSError, ValueError, KeyError):
        return 0
    parameters = dict(enumerate(optimizer.param_groups[0]["params"]))
    if _form(weights) != _form(network.state_dict()) or state.keys() != parameters.keys():
        return 0
    for index, parameter in parameters.items():
        if _form(state[index]) != _expected(optimizer, parameter):
            return 0
    network.load_state_dict(weights)
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
    return epoch


def _expected(
    optimizer: torch.optim.Optimizer, parameter: torch.Tensor
) -> dict[str, tuple[torch.Size, torch.dtype]]:
    """Shapes and types of what an optimizer stores for a parameter."""
    moment = (parameter.shape, parameter.dtype)
    if isinstance(optimizer, torch.optim.SGD):
        return {"momentum_buffer": moment}
    return {"step": _COUNT, "exp_avg": moment, "exp_avg_sq": moment}


def _separated(
    tensors: Mapping[str, torch.Tensor],
) -> tuple[dict[str, torch.Tensor], dict[int, dict[str, torch.Tensor]]]:
    """Weights by name, and the optimizer's tensors by parameter and name."""
    weights: dict[str, torch.Tensor] = {}
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        room, _, rest = key.partition(".")
        if room == "network":
            weights[rest] = tensor
        else:
            index, _, name = rest.partition(".")
            state.setdefault(int(index), {})[name] = tensor
    return weights, state


def _form(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
