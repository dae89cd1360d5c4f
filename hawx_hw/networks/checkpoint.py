"""Trained weights: one safetensors file, and beside it the record of their training."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import nn

from hawx_hw.datasets import Dataset
from hawx_hw.errors import UserError
from hawx_hw.networks.files import record_of, shipped_checkpoint
from hawx_hw.networks.tensor_file import unpack
from hawx_hw.networks.zoo import build
from hawx_hw.util.files import read_bytes, read_text
from hawx_hw.util.json_text import read_json

__all__ = ["load", "read"]

_WHERE = "network.checkpoint"


def load(model: str, dataset: Dataset, checkpoint: Path | None = None) -> nn.Module:
    """A trained network in evaluation mode.

    Parameters
    ----------
    model : str
        One of :data:`~hawx_hw.networks.zoo.MODELS`.
    dataset : Dataset
        Its image shape and number of classes shape the network; its name selects among the
        shipped checkpoints.
    checkpoint : Path or None
        A safetensors file; None takes the shipped one.

    Returns
    -------
    torch.nn.Module
        Takes ``pixel / 255`` as float32 ``(batch, C, H, W)``.

    Raises
    ------
    UserError
        Unknown model, images that it cannot take, or a checkpoint that is missing, damaged or of
        another network.
    """
    network = build(model, dataset.shape, dataset.classes)
    path = checkpoint if checkpoint is not None else shipped_checkpoint(model, dataset.name)
    if path is None:
        raise UserError(
            f"No trained checkpoint of {model} for the dataset {dataset.name} is shipped.",
            where=_WHERE,
            hint="Train one with `hawx train` and name the file here.",
        )
    state = read(path, model, record_required=checkpoint is None)
    _compare(network.state_dict(), state, path)
    network.load_state_dict(state)
    return network.eval()


def read(
    path: Path, model: str | None = None, *, record_required: bool = False
) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, compared with the record beside it where there is one.

    Parameters
    ----------
    path : Path
    model : str or None
        The network that the record must name; None accepts any.
    record_required : bool
        Whether a missing record is an error: every checkpoint of this package has one.

    Raises
    ------
    UserError
        The file is missing or damaged, or is not the one that the record describes.
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
    try:
        return unpack(content)[0]
    except ValueError as error:
        raise UserError(
            f"The checkpoint is not an undamaged safetensors file: {error}.",
            where=where,
            hint="Weights saved by torch.save are converted with safetensors.torch.save_file.",
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


def _compare(expected: dict[str, torch.Tensor], state: dict[str, torch.Tensor], path: Path) -> None:
    """UserError unless both have the same keys, shapes and types, and every number is finite."""

    def refuse(what: str) -> UserError:
        return UserError(
            f"The checkpoint does not fit the network: {what}.",
            where=str(path),
            hint="Check that it was trained for this network.model and network.dataset.",
        )

    if missing := sorted(expected.keys() - state.keys()):
        raise refuse(f"it lacks {', '.join(missing)}")
    if surplus := sorted(state.keys() - expected.keys()):
        raise refuse(f"it has {', '.join(surplus)} too")
    for key, tensor in expected.items():
        if state[key].shape != tensor.shape:
            raise refuse(f"{key} is of shape {tuple(state[key].shape)}, not {tuple(tensor.shape)}")
        if state[key].dtype != tensor.dtype:
            raise refuse(f"{key} is {state[key].dtype}, not {tensor.dtype}")
        if not bool(torch.isfinite(state[key]).all()):
            raise refuse(f"{key} holds numbers that are not finite")
