"""Where a network comes from: the zoo, a module of the user's, an ONNX or a TFLite file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.zoo import ZOO, Value
from hawx_hw.datasets import Dataset
from hawx_hw.errors import UserError, shown
from hawx_hw.importing.input_values import UNSTATED
from hawx_hw.networks.files import checkpoint_files, default_checkpoint
from hawx_hw.util.paths import user_path
from hawx_hw.util.source_files import future_source_files
from hawx_hw.util.user_modules import search_folders, split_name

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from hawx_hw.graph.pixels import Preprocessing
    from hawx_hw.importing.network import ImportedNetwork

__all__ = ["Request", "check", "distributions", "load", "source_files", "title"]

_KEY = "network.model"


@dataclass(frozen=True)
class Request:
    """What a config asks for.

    Parameters
    ----------
    model : str
        A name of the zoo, the path of a file, or ``python:MODULE:FUNCTION``.
    base : Path
        The folder that relative paths start from.
    checkpoint : Path or None
        The weights, where they are not in the model's file.
    preprocessing : Preprocessing or None
        How pixels become the values that the network takes; None: what the source states, else
        ``pixel / 255``.
    options : mapping of str to int or str
        Of a network of the zoo, or arguments of the user's function.
    """

    model: str
    base: Path
    checkpoint: Path | None = None
    preprocessing: Preprocessing | None = None
    options: Mapping[str, Value] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The model's file."""
        return self.base / user_path(self.model, _KEY)


Reader = Callable[[Request, Dataset, "np.ndarray"], "ImportedNetwork"]


def load(request: Request, dataset: Dataset, images: np.ndarray) -> ImportedNetwork:
    """The network that a config asks for.

    Parameters
    ----------
    request : Request
    dataset : Dataset
        Its image shape and number of classes must fit the network.
    images : ndarray of uint8
        ``(n, C, H, W)``, n >= 1: some images on which a network can be traced.

    Raises
    ------
    UserError
        There is no such network; a file is missing, damaged or of another network; it does not
        take such images; or it has an operation that the integer graph lacks.
    """
    network = _reader(request.model)(request, dataset, images)
    notes = (*network.notes, *_check_outputs(network, dataset))
    return replace(network, notes=notes)


def check(request: Request) -> None:
    """Refuse a network that is neither of the zoo nor a file of a known kind, before all else."""
    _reader(request.model)
    if _suffix(request.model) not in _FILE_READERS or request.model in ZOO:
        return
    if request.checkpoint is not None:
        raise UserError(
            "A network from a file has its own weights, and takes no checkpoint.",
            where="network.checkpoint",
            hint="Leave it out.",
        )


def source_files(request: Request, dataset: str) -> dict[str, Path]:
    """The files that :func:`load` reads, by what they are: ``model``, ``checkpoint``, ``record``.

    Of a network of the user's own also the files that its module imports, and of an ONNX file those
    that hold its weights: ``model (NAME)``.

    Parameters
    ----------
    request : Request
    dataset : str
        The data set, as the config names it.
    """
    if _suffix(request.model) in _FILE_READERS:
        return {"model": request.path, **_beside(request.path)}
    weights = checkpoint_files(request.model, dataset, request.checkpoint)
    if (parts := split_name(request.model)) is None:
        return weights
    own = future_source_files(parts[0], search_folders(request.base))
    return {**{f"model ({name})": path for name, path in own.items()}, **weights}


def _beside(path: Path) -> dict[str, Path]:
    """The files in which an ONNX file has its weights, where it does not contain them."""
    if path.suffix.lower() != ".onnx":
        return {}
    from hawx_hw.importing.onnx_files.files import external_files

    return {f"model ({each.name})": each for each in external_files(path)}


def distributions(model: str) -> tuple[str, ...]:
    """The Python distributions that read a model's file, beyond those that every network needs.

    Parameters
    ----------
    model : str
        As the config names it.
    """
    return _DISTRIBUTIONS.get(_suffix(model), ())


def title(model: str) -> str:
    """A short name of the network, for names of graphs: of a file its stem, or the function."""
    if (parts := split_name(model)) is not None:
        return parts[1]
    return Path(model).stem if _suffix(model) in _FILE_READERS else model


def _suffix(model: str) -> str:
    return Path(model).suffix.lower()


def _reader(model: str) -> Reader:
    if model in ZOO:
        return _from_zoo
    if split_name(model) is not None:
        return _from_python
    if (reader := _FILE_READERS.get(_suffix(model))) is not None:
        return reader
    files = (f"a file {suffix}" for suffix in _FILE_READERS)
    raise UserError(
        f"Unknown network {shown(model)}.",
        where=_KEY,
        hint=f"Use {', '.join((*ZOO, *files))} or python:MODULE:FUNCTION.",
    )


def _from_zoo(request: Request, dataset: Dataset, images: np.ndarray) -> ImportedNetwork:
    from hawx_hw.networks import load as load_module

    module = load_module(request.model, dataset, request.checkpoint, request.options)
    path = request.checkpoint or default_checkpoint(request.model, dataset.name)
    return _traced(module, path, request, images)


def _from_python(request: Request, dataset: Dataset, images: np.ndarray) -> ImportedNetwork:
    from hawx_hw.networks.user_network import load_user_network

    module = load_user_network(
        request.model, dataset, request.checkpoint, request.options, folder=request.base
    )
    return _traced(module, request.checkpoint, request, images)


def _traced(
    module: nn.Module, checkpoint: Path | None, request: Request, images: np.ndarray
) -> ImportedNetwork:
    """A module of torch, which takes pixels as the config states, or else the record."""
    from hawx_hw.importing.modules.tracing import trace
    from hawx_hw.importing.network import ImportedNetwork
    from hawx_hw.networks.records import recorded

    preprocessing = request.preprocessing
    notes: list[str] = []
    known = None if checkpoint is None else recorded(checkpoint)
    if preprocessing is None and known is not None:
        preprocessing = known.preprocessing
    elif preprocessing is None:
        notes.append(UNSTATED)
    layers = trace(module, images, preprocessing, notes=notes)
    return ImportedNetwork(layers, tuple(notes))


def _from_onnx(request: Request, dataset: Dataset, images: np.ndarray) -> ImportedNetwork:
    from hawx_hw.importing.onnx_files.reading import read

    return read(request.path, dataset.shape, request.preprocessing)


def _from_tflite(request: Request, dataset: Dataset, images: np.ndarray) -> ImportedNetwork:
    from hawx_hw.importing.tflite_files.reading import read

    return read(request.path, dataset.shape, request.preprocessing)


#: By the suffix of the file.
_DISTRIBUTIONS = {".onnx": ("onnx",), ".tflite": ("tflite", "flatbuffers")}
#: By the suffix of the file.
_FILE_READERS: dict[str, Reader] = {".onnx": _from_onnx, ".tflite": _from_tflite}


def _check_outputs(network: ImportedNetwork, dataset: Dataset) -> tuple[str, ...]:
    """Refuse a network whose outputs cannot be the classes; what is to be said of the others."""
    import math

    outputs = math.prod(network.layers.layers[-1].shape)
    if outputs < dataset.classes:
        raise UserError(
            f"The network has {outputs} outputs, and the data set {dataset.classes} classes.",
            where=_KEY,
            hint="It was trained on other data, or the labels mean something else.",
        )
    if outputs == dataset.classes:
        return ()
    if dataset.labelling is not None and dataset.labelling.ordered:
        raise UserError(
            f"The network has {outputs} outputs, and the data set {dataset.classes} classes, which "
            "are numbered in the order of their labels: which output is which class is not known.",
            where="network.dataset",
            hint="State the list of all classes: classes.txt or classes.csv in the folder, or "
            "class_names in the archive.",
        )
    return (
        f"The network has {outputs} outputs, and the data set {dataset.classes} classes: class 0 "
        f"is taken for output 0, and outputs from {dataset.classes} on for wrong answers.",
    )
