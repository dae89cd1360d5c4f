"""Weights that ``torch.save`` wrote: read without running code, and found where programs put them.

``torch.load(weights_only=True)`` makes tensors, numbers and containers, and calls nothing else that
a file names. What remains is limited here: compressed members, of which a small file may declare
any size.
"""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import torch

__all__ = ["SUFFIXES", "unpack_torch"]

#: Of the files that ``torch.save`` writes, by custom.
SUFFIXES = (".pth", ".pt", ".th")

#: Names under which programs store a network's weights among other things, the first of them first.
_ROOMS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "network",
    "net",
    "module",
    "weights",
    "params",
)
_NAMED = 5


def unpack_torch(content: bytes) -> dict[str, torch.Tensor]:
    """The network's tensors by name.

    Parameters
    ----------
    content : bytes
        Of a file that ``torch.save`` wrote: of a state dictionary, or of a dictionary in which one
        is stored, under a name such as ``state_dict`` or ``model``.

    Returns
    -------
    dict of str to Tensor
        On the CPU; what is no tensor, such as a number of epochs, is left out.

    Raises
    ------
    ValueError
        The file is damaged, holds other objects than tensors, numbers and containers, or no
        weights, or several under names that do not decide which. The text completes "it".
    """
    weights = _weights(_loaded(content))
    for name, tensor in weights.items():
        if tensor.device.type != "cpu" or tensor.layout != torch.strided or tensor.is_quantized:
            raise ValueError(f"stores {name} in another form than plain numbers")
    return weights


def _loaded(content: bytes) -> Any:
    _check_archive(content)
    try:
        with warnings.catch_warnings():
            # Of old formats, which are read all the same.
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(_refusal(str(error))) from error
    except Exception as error:  # damage of any kind: of the archive, of the program, of sizes
        text = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"is damaged, or was not written by torch.save: {text[:200]}") from error


def _refusal(text: str) -> str:
    """Why torch's restricted unpickler gave up, from its message."""
    for word in ("GLOBAL ", "Unsupported class ", "Unsupported global: GLOBAL "):
        _, mark, rest = text.partition(word)
        if mark:
            name = rest.split()[0].strip(".,`'")
            return (
                f"holds an object of {name} beside tensors; to make it, code would have to run "
                "that the file names"
            )
    return "is damaged, or holds objects beside tensors, numbers and containers"


def _check_archive(content: bytes) -> None:
    """ValueError for an archive of a program, or whose members are not stored as they are."""
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ValueError(f"is damaged: {error}") from error
    if any("/code/" in member.filename for member in members):
        raise ValueError("is a TorchScript archive, which holds a program beside the weights")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"has a compressed member {member.filename!r}; torch writes none")


def _weights(loaded: Any) -> dict[str, torch.Tensor]:
    """The state dictionary in what the file holds."""
    if not isinstance(loaded, Mapping):
        raise ValueError(f"holds {_article(loaded)}, not a dictionary of tensors")
    if own := _tensors(loaded):
        return own
    rooms = {
        name: inner
        for name, value in loaded.items()
        if isinstance(value, Mapping) and (inner := _tensors(value))
    }
    chosen = next((room for room in _ROOMS if room in rooms), None)
    if chosen is None and len(rooms) > 1:
        names = ", ".join(repr(name) for name in list(rooms)[:_NAMED])
        raise ValueError(f"holds several sets of weights, {names}, none under a usual name")
    if not rooms:
        names = ", ".join(repr(name) for name in list(loaded)[:_NAMED])
        raise ValueError(f"holds no weights{f', only {names}' if names else ''}")
    return rooms[chosen] if chosen is not None else next(iter(rooms.values()))


def _tensors(values: Mapping[Any, Any]) -> dict[str, torch.Tensor]:
    return {
        name: value.detach()
        for name, value in values.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor)
    }


def _article(value: Any) -> str:
    kind = type(value).__name__
    return f"an {kind}" if kind[:1].lower() in "aeiou" else f"a {kind}"
