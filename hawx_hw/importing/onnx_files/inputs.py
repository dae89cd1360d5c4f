"""The input of an ONNX file: its axes, and how pixels become its values."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import CODE_MAX, CODE_MIN
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT
from hawx_hw.importing.input_values import ITS_OWN_SCALE, SCALED_TWICE, UNSTATED, takes_pixels
from hawx_hw.importing.onnx_files.files import OnnxFile
from hawx_hw.importing.onnx_files.tensors import type_name
from hawx_hw.importing.onnx_files.values import BATCH, Axis, CodeFormat, Feature

__all__ = [
    "check_fit",
    "chosen_preprocessing",
    "default_preprocessing",
    "file_input",
    "initial_preprocessing",
    "input_view",
]

_REAL = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")
_LARGEST_BATCH = 1 << 20
#: What networks take of pixels as a rule.
_USUAL = (
    (Preprocessing(), "pixel / 255"),
    (Preprocessing(1.0), "the pixel itself, 0 to 255"),
    (Preprocessing(1 / 127.5, (1.0,)), "pixel / 127.5 - 1"),
)
#: Of the range of values: images for calibration may lack the brightest pixel.
_CLOSE = 0.04
#: Of values that are not the pixels themselves.
_LARGEST_SCALED = 10
#: Shares of the pixel values, and of the range of codes.
_SATURATED, _NOTED, _USED = 0.5, 0.02, 0.1


def input_view(file: OnnxFile, declared: Any, shape: tuple[int, ...], transposed: bool) -> Feature:
    """The input as the file sees it.

    Parameters
    ----------
    file : OnnxFile
    declared : onnx.ValueInfoProto
    shape : tuple of int
        Of the images, ``(C, H, W)``.
    transposed : bool
        Whether all that reads the input moves its last axis to the second place.

    Raises
    ------
    UserError
        The file takes other images, or values of another type.
    """
    kind = type_name(declared.type.tensor_type.elem_type)
    if not declared.type.HasField("tensor_type") or kind not in (*_REAL, "UINT8", "INT8"):
        raise file.refuse(
            f"The input {declared.name!r} is of type {kind}; images are real or 8 bits"
        )
    dims = [
        dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None
        for dim in declared.type.tensor_type.shape.dim
    ]
    if not declared.type.tensor_type.HasField("shape"):
        dims = [None] * 4
    views = [axes for axes in _views(len(dims), shape) if _fits(axes, dims[1:], shape)]
    if not views:
        shown = "x".join("?" if dim is None else str(dim) for dim in dims[1:8])
        raise file.refuse(
            f"The network takes inputs of shape {shown}, and the images have "
            f"{'x'.join(map(str, shape))} (channels, height, width)",
            "State network.preprocess.resize or channels, or use other images.",
        )
    axes = views[-1] if transposed else views[0]
    batch = dims[0] or 1
    if batch > _LARGEST_BATCH:
        raise file.refuse(f"The file takes {batch:,} images at once")
    sizes = dict(zip("chw", shape, strict=True))
    view = tuple(tuple(atom for atom in axis if sizes[atom] > 1) for axis in axes)
    codes = None if kind in _REAL else CodeFormat(kind.lower(), None)
    return Feature(INPUT, shape, (BATCH, *view), batch, declared.name, codes=codes)


def _views(rank: int, shape: tuple[int, ...]) -> list[tuple[Axis, ...]]:
    """The orders of axes that a file may have; without any guess at the order of channels."""
    if rank == 4:
        return [(("c",), ("h",), ("w",)), (("h",), ("w",), ("c",))]
    if rank == 3 and shape[0] == 1:
        return [(("h",), ("w",))]
    if rank == 2 and shape[0] == 1:
        return [(("h", "w"),)]
    return []


def _fits(axes: tuple[Axis, ...], dims: list[int | None], shape: tuple[int, ...]) -> bool:
    sizes = dict(zip("chw", shape, strict=True))
    lengths = [math.prod(sizes[atom] for atom in axis) for axis in axes]
    return all(dim in (None, length) for dim, length in zip(dims, lengths, strict=True))


def initial_preprocessing(view: Feature, given: Preprocessing | None) -> Preprocessing:
    """What the file's input is before anything that the file does: as stated, else by its type."""
    if given is None:
        return Preprocessing() if view.codes is None else Preprocessing(1.0)
    if given.channels not in (None, view.shape[0]):
        raise UserError(
            f"There are {given.channels} means or deviations for images of {view.shape[0]} "
            "channels.",
            where="network.preprocess",
        )
    return given


def chosen_preprocessing(
    given: Preprocessing | None,
    initial: Preprocessing,
    taken_in: Preprocessing,
    encoding: Encoding | None,
    view: Feature,
) -> tuple[Preprocessing, tuple[str, ...]]:
    """What pixels become for the first layer, or the first scale, and notes on it.

    Parameters
    ----------
    given : Preprocessing or None
        What the config states of the file's input.
    initial, taken_in : Preprocessing
        Before and after the file's operations at its input were taken in.
    encoding : Encoding or None
        What the file prescribes for the result of these.
    view : Feature
        The file's input.

    Raises
    ------
    UserError
        The encoding does not fit what is stated, or see :func:`default_preprocessing`.
    """
    gain = np.divide(initial.std, taken_in.std)
    if given is not None:
        notes = () if encoding is None else check_fit(taken_in, encoding)
        twice = takes_pixels(gain) and abs(given.values()).max() <= _LARGEST_SCALED
        return taken_in, (*notes, SCALED_TWICE.format(label=view.label)) if twice else notes
    if taken_in == initial:
        if encoding is not None:
            chosen, note = default_preprocessing(encoding)
            return chosen, (note,)
        return initial, (UNSTATED,) if view.codes is None else ()
    if view.codes is not None:
        return taken_in, () if encoding is None else check_fit(taken_in, encoding)
    # Of the file's input: pixel / 255, or pixels as they are.
    fractions, pixels = taken_in, replace(taken_in, scale=1.0)
    if encoding is None:
        of_pixels = takes_pixels(gain)
    else:
        of_pixels = _misfit(pixels, encoding) < _misfit(fractions, encoding)
    chosen = pixels if of_pixels else fractions
    notes = (ITS_OWN_SCALE.format(label=view.label) if of_pixels else UNSTATED,)
    return chosen, notes if encoding is None else (*notes, *check_fit(chosen, encoding, ""))


def _misfit(rule: Preprocessing, encoding: Encoding) -> float:
    """How far the least and the largest value are from the ends of the codes."""
    values, (low, high) = rule.values(), _ends(encoding)
    return float(abs(values.min() - low) + abs(values.max() - high))


def _ends(encoding: Encoding) -> tuple[float, float]:
    """The real values of the lowest and of the highest code."""
    low, high = ((end - encoding.zero_point) * encoding.scale for end in (CODE_MIN, CODE_MAX))
    return low, high


def default_preprocessing(encoding: Encoding) -> tuple[Preprocessing, str]:
    """The preprocessing that the scale of a quantized input gives, and a note on it.

    The input covers the values that its calibration images had, as a rule those of the pixels 0 to
    255: about [0, 1] means ``pixel / 255``, about [0, 255] the pixel itself, and about [-1, 1]
    ``pixel / 127.5 - 1``. Any other range is taken for that of the pixels, so that a pixel's code
    is ``pixel - 128``.

    Raises
    ------
    UserError
        The codes are symmetric about zero, whatever the values were: of these, the scale gives the
        largest only.
    """
    if encoding.zero_point == 0:
        raise UserError(
            "The file's input is quantized symmetrically, so that its scale does not give the "
            "values of black and white pixels.",
            where="network.preprocess",
            hint="State scale, mean and std with which the network was trained; scale: 0.00392157 "
            "alone if it takes pixels divided by 255.",
        )
    low, high = _ends(encoding)
    for rule, text in _USUAL:
        values = rule.values()
        span = float(values.max() - values.min())
        if max(abs(low - values.min()), abs(high - values.max())) <= _CLOSE * span:
            return rule, f"By the scale of the file's input, a value is {text}."
    black = encoding.zero_point - CODE_MIN
    rule = Preprocessing(encoding.scale, (encoding.scale * black,))
    return rule, (
        "The scale of the file's input is taken to cover the pixels 0 to 255: a value is "
        f"{encoding.scale:.6g} * (pixel - {black}). If it was made for others, set "
        "network.preprocess."
    )


def file_input(
    chosen: Preprocessing, initial: Preprocessing, taken_in: Preprocessing, view: Feature
) -> Preprocessing:
    """What pixels become for the file's own input.

    Parameters
    ----------
    chosen : Preprocessing
        For the first layer, or the first scale.
    initial, taken_in : Preprocessing
        Before and after the file's operations at its input were taken in.
    view : Feature
        The input.
    """
    if view.codes is not None:
        return Preprocessing(1.0, (0.0 if view.codes.kind == "uint8" else 128.0,))
    mean, std, mean_before, std_before, mean_behind, std_behind = (
        np.array(each) for rule in (chosen, initial, taken_in) for each in (rule.mean, rule.std)
    )
    # The file's operations: gain * value + offset.
    gain, offset = std_before / std_behind, (mean_before - mean_behind) / std_behind
    if (gain == 1).all() and (offset == 0).all():
        return chosen
    shape = np.broadcast_shapes(gain.shape, mean.shape, std.shape)
    means, stds = (np.broadcast_to(each, shape) for each in (mean + offset * std, std * gain))
    return Preprocessing(chosen.scale, tuple(map(float, means)), tuple(map(float, stds)))


def check_fit(
    preprocessing: Preprocessing, encoding: Encoding, by: str = "By network.preprocess, "
) -> tuple[str, ...]:
    """Compare the values that pixels become with those that a quantized input covers.

    Parameters
    ----------
    preprocessing : Preprocessing
    encoding : Encoding
    by : str
        What makes pixels these values, for the error; empty: nothing that is stated.

    Returns
    -------
    tuple of str
        A note where a part of the pixel values saturates.

    Raises
    ------
    UserError
        Most saturate, or they use a tenth of the range: the preprocessing is not the file's.
    """
    codes = preprocessing.values() / encoding.scale + encoding.zero_point
    beyond = (codes < CODE_MIN - 0.5) | (codes > CODE_MAX + 0.5)
    saturated = float(beyond.mean())
    inside = np.clip(codes, CODE_MIN, CODE_MAX)
    used = float(inside.max() - inside.min()) / (CODE_MAX - CODE_MIN)
    low, high = _ends(encoding)
    values = preprocessing.values()
    spans = (
        f"become {values.min():.3g} to {values.max():.3g}, and the input of the quantized file "
        f"covers {low:.3g} to {high:.3g}"
    )
    if saturated > _SATURATED or used < _USED:
        raise UserError(
            f"{by}{'pixels' if by else 'Pixels'} {spans}.",
            where="network.preprocess",
            hint="Leave it out to take the file's own scale, or state what the file was made for."
            if by
            else "State what the file's own input was made for.",
        )
    if saturated > _NOTED:
        return (f"Pixels {spans}: {100 * saturated:.0f} % of the pixel values saturate.",)
    return ()
