"""A config for a network: what its file and its images are, and the text with its comments."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.config.load import blame, config_of, meaning
from hawx_hw.config.zoo import MODEL_FILES, ZOO
from hawx_hw.errors import UserError
from hawx_hw.util.paths import user_path
from hawx_hw.util.user_modules import search_folders, split_name
from hawx_hw.util.yaml_text import YamlError, read_yaml

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["Examined", "NewConfig", "examine"]

_WIDTH = 100
#: Data sets with a name: shape of an image, classes.
_KNOWN = {"cifar10": ((3, 32, 32), 10), "digits": ((1, 28, 28), 10), "mnist": ((1, 28, 28), 10)}
#: Networks of the zoo of few layers.
_SHALLOW = ("lenet5", "cnn_small")
#: Layers with weights from which on a network is less tolerant: its blocks begin at seven bits.
_DEEP = 8
#: Multiplications of an image from which on few images are simulated.
_LARGE = 5_000_000
#: Blocks for deep networks, chosen on ResNet-8: those of configs/resnet8.yaml.
_PRECISE = (
    *("precision(w=7,a=7)", "precision(w=6,a=7)", "precision(w=6,a=6)", "precision(w=5,a=7)"),
    *("precision(w=5,a=6)", "precision(w=5,a=5)", "precision(w=4,a=6)"),
    *("array(0,0,5)", "array(1,2,6)", "array(2,2,6)", "array(3,3,7)"),
)
_PLAIN = re.compile(r"[A-Za-z0-9_./~-][A-Za-z0-9_./ ~:-]*")


@dataclass(frozen=True)
class Examined:
    """What is known of a network and its images before anything runs.

    Parameters
    ----------
    shape : tuple of int or None
        Channels, height and width of the images that the network takes; None: unknown.
    outputs : int or None
    parameters, macs : int or None
        Weights with biases, and multiplications of an image; None: unknown.
    deep : bool
        Whether it has many layers.
    preprocess : mapping
        Keys of ``network.preprocess`` without which the images do not fit the network.
    checkpoint : str or None
        The file of weights that has to be trained first; None: they are at hand.
    notes : tuple of str
        What a user should know; a sentence each.
    """

    shape: tuple[int, int, int] | None
    outputs: int | None
    parameters: int | None
    macs: int | None
    deep: bool
    preprocess: Mapping[str, Any]
    checkpoint: str | None
    notes: tuple[str, ...]

    @property
    def large(self) -> bool:
        """Whether an image takes long to simulate."""
        return self.deep if self.macs is None else self.macs > _LARGE


def examine(model: str, dataset: str) -> Examined:
    """Look at a network, and at its images where they are at hand.

    Parameters
    ----------
    model : str
        A file, ``python:MODULE:FUNCTION`` or a network of the zoo; paths and modules as seen from
        the current folder. No function is called.
    dataset : str
        As ``network.dataset``. Nothing is downloaded.

    Raises
    ------
    UserError
        There is no such network or data set, or they do not fit each other.
    """
    shape = outputs = parameters = macs = checkpoint = None
    notes: list[str] = []
    deep = model in ZOO and model not in _SHALLOW
    if model.lower().endswith(MODEL_FILES):
        from hawx_hw.importing.files import read_file
        from hawx_hw.importing.summary import summarize

        network = read_file(user_path(model, "MODEL"))
        layers = list(summarize(network.layers))
        channels, height, width = network.layers.shape
        shape, parameters = (channels, height, width), network.parameters
        outputs, macs = math.prod(layers[-1].shape), sum(layer.macs for layer in layers)
        deep = sum(layer.macs > 0 for layer in layers) >= _DEEP
        notes += network.notes
    elif (parts := split_name(model)) is not None:
        _check_module(model, parts[0])
    elif model not in ZOO:
        raise UserError(
            f"There is no network {model}",
            where="MODEL",
            hint=f"Name a file ({', '.join(MODEL_FILES)}), python:MODULE:FUNCTION, or one of "
            f"{', '.join(ZOO)}.",
        )
    images, classes = _images(dataset, shape)
    if outputs is not None and classes is not None and outputs < classes:
        raise UserError(
            f"The network has {outputs} outputs, and the data set {classes} classes.",
            where="--dataset",
            hint="It was trained on other data.",
        )
    if model in ZOO:
        checkpoint = _missing_checkpoint(model, dataset)
    fitting = {} if shape is None or images is None else _fitting(shape, images)
    return Examined(shape, outputs, parameters, macs, deep, fitting, checkpoint, tuple(notes))


def _check_module(model: str, module: str) -> None:
    """Refuse a module that is nowhere, without running any of its code."""
    import importlib.util

    first = module.partition(".")[0]
    beside = (place / name for place in search_folders(None) for name in (f"{first}.py", first))
    if not any(path.exists() for path in beside) and importlib.util.find_spec(first) is None:
        raise UserError(
            f"There is no Python module {first}",
            where=f"MODEL: {model}",
            hint=f"Save it as {first}.py in this folder, or install it.",
        )


def _missing_checkpoint(model: str, dataset: str) -> str | None:
    """The file that ``hawx train`` writes for a network of the zoo that comes without weights."""
    from hawx_hw.networks.files import default_checkpoint

    if default_checkpoint(model, dataset) is not None:
        return None
    return f"{model}_{Path(dataset).stem}.safetensors"


def _images(
    dataset: str, shape: tuple[int, int, int] | None
) -> tuple[tuple[int, int, int] | None, int | None]:
    """Shape and number of classes of a data set; None where it is not at hand."""
    if dataset in _KNOWN:
        return _KNOWN[dataset]
    from hawx_hw import datasets
    from hawx_hw.datasets import Options
    from hawx_hw.datasets.preparation import Preparation

    with blame("--dataset"):
        try:
            data = datasets.load(dataset)
        except UserError:
            if shape is None:
                raise
            # Images of several sizes fit where they are resized.
            resized = Options(preparation=Preparation(resize=shape[1:]))
            data = datasets.load(dataset, options=resized)
            return (data.shape[0], 0, 0), data.classes
    return data.shape, data.classes


def _fitting(shape: tuple[int, int, int], images: tuple[int, int, int]) -> dict[str, Any]:
    """What makes images of one shape those that a network takes."""
    fitting: dict[str, Any] = {}
    if shape[0] != images[0]:
        if shape[0] not in (1, 3):
            raise UserError(
                f"The network takes {shape[0]} channels, and the images have {images[0]}.",
                where="--dataset",
                hint="Name other images.",
            )
        fitting["channels"] = "grey" if shape[0] == 1 else "rgb"
    if shape[1:] != images[1:]:
        fitting["resize"] = list(shape[1:])
    return fitting


@dataclass(frozen=True)
class NewConfig:
    """A config to write.

    Parameters
    ----------
    path : Path
        Its file.
    model, dataset : str
        As seen from the current folder.
    architecture : str
    multipliers : int
    accuracy_drop : float
        In percentage points.
    command : str
        What writes it, for its first line.
    examined : Examined
    """

    path: Path
    model: str
    dataset: str
    architecture: str
    multipliers: int
    accuracy_drop: float
    command: str
    examined: Examined

    @property
    def name(self) -> str:
        """The config's name: its file's, as far as a name may have its characters."""
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", self.path.stem).strip("_-")
        return name[:100] or "network"

    @property
    def content(self) -> dict[str, Any]:
        """The keys, as YAML has them."""
        examined = self.examined
        network: dict[str, Any] = {"model": self._seen(self.model), "dataset": self.dataset}
        if self.dataset not in _KNOWN:
            network["dataset"] = self._seen(self.dataset)
        if examined.checkpoint is not None:
            network["checkpoint"] = self._seen(examined.checkpoint)
        if examined.preprocess:
            network["preprocess"] = dict(examined.preprocess)
        search: dict[str, Any] = {"blocks": list(_PRECISE)} if examined.deep else {}
        search["granularity"] = "filter"
        search["objective"] = "energy"
        search["constraints"] = {"accuracy_drop": self.accuracy_drop}
        content = {
            "name": self.name,
            "network": network,
            "accelerator": {
                "architecture": self.architecture,
                "multipliers": self.multipliers,
                "parameters": "rom",
            },
            "search": search,
        }
        if examined.large:
            content |= {"verify": {"images": 2}, "power": {"images": 16}}
        return {**content, "technology": "generic45"}

    def checked(self) -> Config:
        """The config that the text states.

        Raises
        ------
        UserError
            An answer is outside the range of its key.
        """
        return config_of(read_yaml(self.text), self.path.parent)

    @property
    def text(self) -> str:
        """YAML with the meaning of each key above it."""
        lines = [
            *_comment(f"Written by: {self.command}", 0),
            f"# Build it: hawx run {shlex.quote(str(self.path))}",
            "# All keys: hawx schema",
        ]
        for key, value in self.content.items():
            lines += ["", *self._entry((key,), value)]
            if key == "network" and "preprocess" not in value:
                lines += _comment(meaning("network.preprocess"), 2)
                lines.append("  # preprocess: {mean: 0.5, std: 0.5}")
        return "\n".join(lines) + "\n"

    def _entry(self, key: tuple[str, ...], value: Any) -> Iterator[str]:
        """The lines of a key with its meaning."""
        indent = "  " * (len(key) - 1)
        yield from _comment(meaning(".".join(key), self.architecture), len(indent))
        if isinstance(value, dict):
            yield f"{indent}{key[-1]}:"
            for inner, each in value.items():
                yield from self._entry((*key, inner), each)
        elif isinstance(value, list) and isinstance(value[0], str):
            yield f"{indent}{key[-1]}:"
            yield from (f"{indent}  - {_scalar(each)}" for each in value)
        else:
            yield f"{indent}{key[-1]}: {_scalar(value)}"

    def _seen(self, text: str) -> str:
        """A path as seen from the config's folder; other names stay."""
        if split_name(text) is not None or text in ZOO or Path(text).is_absolute():
            return text
        slash = "/" if text.endswith("/") else ""
        return os.path.relpath(user_path(text), self.path.parent).replace(os.sep, "/") + slash


def _comment(text: str, indent: int) -> list[str]:
    mark = " " * indent + "# "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False
    )


def _scalar(value: Any) -> str:
    """A value; a text in quotation marks where YAML would read another value."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        with suppress(YamlError):
            if read_yaml(f"a: {value}") == {"a": value}:
                return value
    return json.dumps(value, ensure_ascii=False)
