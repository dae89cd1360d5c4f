"""What a TFLite file states of its input: how pixels become the values that the network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import CODE_MAX, CODE_MIN
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.input_values import ITS_OWN_SCALE, UNSTATED, takes_pixels
from hawx_hw.importing.tflite_files.site import Step

__all__ = ["Pixels", "pixels_of"]

_KEY = "network.preprocess"
#: How many of the 256 codes the pixel values must span, and which share of them may saturate.
_SPAN, _SATURATED = 85, 0.05


@dataclass(frozen=True)
class Pixels:
    """How pixels become values, and what a user should know of it.

    Parameters
    ----------
    preprocessing : Preprocessing
        For the first layer.
    source : Preprocessing
        For the file's input, before what the file does to it.
    notes : tuple of str
    """

    preprocessing: Preprocessing
    source: Preprocessing
    notes: tuple[str, ...]


def pixels_of(
    given: Preprocessing | None,
    source: Encoding | None,
    steps: Sequence[Step],
    final: Encoding | None,
) -> Pixels:
    """How pixels become the values that the first layer reads.

    Parameters
    ----------
    given : Preprocessing or None
        What the config states: the values that the file's input takes.
    source : Encoding or None
        Of the file's input; None: in floating point.
    steps : sequence of Step
        What the file does to its input before the first layer.
    final : Encoding or None
        Of what the first layer reads.

    Raises
    ------
    UserError
        The config contradicts the file, or integers would be rounded in another way than in the
        file.
    """
    first, notes = (given, ()) if given is not None else _default(source, steps, final)
    result = _after(first, steps)
    notes += tuple(f"{step.label!r} at the input is done with the pixels." for step in steps)
    if final is not None:
        _check_codes(result, final)
        _check_steps(first, source, steps, result)
    return Pixels(result, first, notes)


def _default(
    source: Encoding | None, steps: Sequence[Step], final: Encoding | None
) -> tuple[Preprocessing, tuple[str, ...]]:
    """What is most likely, with a note that states it."""
    encoding = source if source is not None else (None if steps else final)
    if encoding is not None:
        low, high = ((end - encoding.zero_point) * encoding.scale for end in (CODE_MIN, CODE_MAX))
        offset = encoding.scale * (encoding.zero_point - CODE_MIN)
        return Preprocessing(encoding.scale, (offset,)), (
            f"The scale of the input makes pixels of 0 to 255 the values {low:.4g} to {high:.4g}; "
            "where the network was trained on others, state network.preprocess.",
        )
    gain = np.ones(1)
    for step in steps:
        gain = gain * step.gain
    if takes_pixels(gain):
        return Preprocessing(1.0), (ITS_OWN_SCALE.format(label=steps[0].label),)
    return Preprocessing(), (UNSTATED,)


def _after(first: Preprocessing, steps: Sequence[Step]) -> Preprocessing:
    mean, std = np.array(first.mean), np.array(first.std)
    for step in steps:
        mean, std = mean - step.offset * std / step.gain, std / step.gain
    try:
        return Preprocessing(first.scale, tuple(map(float, mean)), tuple(map(float, std)))
    except ValueError as error:
        raise UserError(
            f"{steps[-1].label!r} changes the input beyond the range of numbers.",
            where="network.model",
        ) from error


def _check_codes(preprocessing: Preprocessing, encoding: Encoding) -> None:
    """Refuse pixels that use few codes of the input, or lie beyond them."""
    codes = np.floor(preprocessing.values() / encoding.scale + 0.5) + encoding.zero_point
    beyond = np.count_nonzero((codes < CODE_MIN) | (codes > CODE_MAX))
    span = np.clip(codes, CODE_MIN, CODE_MAX)
    if beyond <= _SATURATED * codes.size and span.max() - span.min() >= _SPAN:
        return
    values = preprocessing.values()
    low, high = ((end - encoding.zero_point) * encoding.scale for end in (CODE_MIN, CODE_MAX))
    raise UserError(
        f"Pixels become {values.min():.4g} to {values.max():.4g}, but the file's input takes "
        f"{low:.4g} to {high:.4g}.",
        where=_KEY,
        hint="Leave it out to take what the file states.",
    )


def _check_steps(
    first: Preprocessing, source: Encoding | None, steps: Sequence[Step], result: Preprocessing
) -> None:
    """Refuse integers that the file rounds after each step, if that changes any code."""
    if source is None or not steps or (last := steps[-1].encoding) is None:
        return
    values, encoding = first.values(), source
    for step in steps:
        codes = np.floor(values / encoding.scale + 0.5) + encoding.zero_point
        real = (np.clip(codes, CODE_MIN, CODE_MAX) - encoding.zero_point) * encoding.scale
        values = real * step.gain.reshape(-1, 1) + step.offset.reshape(-1, 1)
        encoding = step.encoding or encoding
    codes = np.floor(values / last.scale + 0.5) + last.zero_point
    expected = np.clip(codes, CODE_MIN, CODE_MAX)
    if not (expected == result.table(last.scale, last.zero_point)).all():
        raise UserError(
            f"The file rounds its input after {steps[0].label!r}, so that some pixels have other "
            "codes than those computed at once.",
            where="network.model",
            hint="Convert the network without this layer, and state network.preprocess.",
        )
