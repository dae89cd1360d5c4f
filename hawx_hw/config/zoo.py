"""What `network.model` may be: networks of the zoo with their options, known without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MODEL_FILES", "ZOO", "Choice", "Number", "Value", "complete"]

#: Endings of files that a network is read from.
MODEL_FILES = (".onnx", ".tflite")

Value = int | str
"""Value of an option."""


@dataclass(frozen=True)
class Number:
    """An option that is a whole number.

    Parameters
    ----------
    meaning : str
        One phrase, for documentation and messages.
    default, low, high : int
        ``low <= default <= high``.
    """

    meaning: str
    default: int
    low: int
    high: int

    def accepts(self, value: object) -> bool:
        """Whether it may have the value."""
        return type(value) is int and self.low <= value <= self.high

    @property
    def range(self) -> str:
        """The values that it may have."""
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Choice:
    """An option that is one of some words.

    Parameters
    ----------
    meaning : str
        One phrase, for documentation and messages.
    default : str
    values : tuple of str
    """

    meaning: str
    default: str
    values: tuple[str, ...]

    def accepts(self, value: object) -> bool:
        """Whether it may have the value."""
        return value in self.values

    @property
    def range(self) -> str:
        """The values that it may have."""
        return f"one of {', '.join(self.values)}"


def _width(default: int) -> Number:
    return Number(
        "filters of the first layer; those of the others are in proportion", default, 1, 512
    )


def _shortcut(default: str) -> Choice:
    meaning = (
        "how a shortcut changes the number of channels: pad fills up with zeros, which has no "
        "weights (option A of the paper); conv is a 1 x 1 convolution (option B)"
    )
    return Choice(meaning, default, ("pad", "conv"))


_DEEP: dict[str, Number | Choice] = {"width": _width(16), "shortcut": _shortcut("pad")}

#: Options by name, of every network of the zoo by name.
ZOO: dict[str, dict[str, Number | Choice]] = {
    "lenet5": {},
    "cnn_small": {"width": _width(16)},
    "resnet8": {"width": _width(16), "shortcut": _shortcut("conv")},
    "resnet20": _DEEP,
    "resnet32": _DEEP,
    "resnet44": _DEEP,
    "resnet56": _DEEP,
    "vgg11": {"width": _width(64)},
    "resnet18": {"width": _width(64)},
    "efficientnet_lite0": {},
}


def complete(model: str, options: Mapping[str, Value]) -> dict[str, Value]:
    """The options of a network of the zoo, those that are left out by their defaults.

    Parameters
    ----------
    model : str
        One of :data:`ZOO`.
    options : mapping of str to int or str

    Raises
    ------
    ValueError
        An option that the network lacks, or a value that it may not have; the text is a sentence
        for the user.
    """
    known = ZOO[model]
    for name, value in options.items():
        if name not in known:
            has = f"has {', '.join(known)}" if known else "has no options"
            raise ValueError(f"{model} has no option {name!r}: it {has}.")
        if not known[name].accepts(value):
            raise ValueError(f"{name} of {model} must be {known[name].range}, not {value!r}.")
    return {name: options.get(name, option.default) for name, option in known.items()}
