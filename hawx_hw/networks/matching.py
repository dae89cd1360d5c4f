"""Stored weights under the names and in the types of a network, or why they do not fit it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

__all__ = ["matched", "without_prefix"]

#: Names in a message.
_NAMED = 3
#: Types whose every value float32 has.
_NARROWER = (torch.float16, torch.bfloat16)
#: A count that training uses and inference does not; old files lack it.
_UNUSED = "num_batches_tracked"


def without_prefix(names: Iterable[str], expected: Iterable[str]) -> int:
    """Length of what stands before all ``names`` and is not in the network's own.

    Wrappers of a network put their name in front of all weights: ``module.`` of DataParallel,
    ``_orig_mod.`` of torch.compile, ``model.`` of training frameworks.
    """
    names, known = list(names), set(expected)
    length = 0
    while names and not known.intersection(name[length:] for name in names):
        firsts = {name[length:].partition(".")[0] for name in names}
        if len(firsts) > 1 or any("." not in name[length:] for name in names):
            return 0
        length += len(firsts.pop()) + 1
    return length


def matched(
    expected: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The weights under the network's names, in its types.

    A prefix that all names have is dropped, numbers of half precision are widened, and counts of
    batches that a file lacks are the network's own.

    Parameters
    ----------
    expected : mapping of str to Tensor
        The network's state dictionary.
    state : mapping of str to Tensor

    Raises
    ------
    ValueError
        Other names, shapes or types, or numbers that are not finite. The text completes "the
        checkpoint does not fit the network:".
    """
    length = without_prefix(state, expected)
    weights = {name[length:]: tensor for name, tensor in state.items()}
    counts = {name for name in expected if name.rpartition(".")[2] == _UNUSED}
    weights |= {name: expected[name] for name in counts - weights.keys()}
    missing = [name for name in expected if name not in weights]
    surplus = [name for name in weights if name not in expected]
    if missing or surplus:
        texts = [f"it lacks {_listed(missing)}"] if missing else []
        texts += [f"it has {_listed(surplus)} too"] if surplus else []
        raise ValueError(" and ".join(texts))
    wrong = [name for name, tensor in expected.items() if weights[name].shape != tensor.shape]
    if wrong:
        texts = [
            f"{name} is of shape {tuple(weights[name].shape)}, not {tuple(expected[name].shape)}"
            for name in wrong[:_NAMED]
        ]
        raise ValueError("; ".join(texts) + _more(wrong))
    return {name: _converted(name, weights[name], tensor) for name, tensor in expected.items()}


def _converted(name: str, value: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    if value.dtype in _NARROWER and expected.dtype == torch.float32:
        value = value.to(torch.float32)
    if value.dtype != expected.dtype:
        raise ValueError(f"{name} is {value.dtype}, not {expected.dtype}")
    if not bool(torch.isfinite(value).all()):
        raise ValueError(f"{name} holds numbers that are not finite")
    return value


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + _more(names)


def _more(names: list[str]) -> str:
    return f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
