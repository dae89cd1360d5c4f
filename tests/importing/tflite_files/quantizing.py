"""Fully quantized files, made of files in floating point as a converter makes them."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.tflite_files.interpreter import Interpreter
from tests.importing.tflite_files.building import File

__all__ = ["quantized_file"]

#: Operators whose output has the encoding of their inputs.
_COPYING = ("AVERAGE_POOL_2D", "CONCATENATION", "MAX_POOL_2D", "PAD", "RESHAPE")
_PRESCRIBED = {"LOGISTIC": (np.float32(1 / 256), -128), "TANH": (np.float32(1 / 128), 0)}
_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": None}


def quantized_file(file, path, pixels):
    """The file with int8 activations and weights, by the ranges of images of pixels as they are.

    ``path`` is where the file in floating point is written.
    """
    ranges = _ranges(file, path, pixels)
    encodings = _encodings(file, ranges)
    result = File()
    constants = {}
    for number, tensor in enumerate(file.tensors):
        if number in encodings:
            scale, zero_point = encodings[number]
            result.tensor(tensor["shape"], "int8", scale=scale, zero_point=zero_point)
        else:
            constants[number] = len(result.tensors)
            result.tensors.append(dict(tensor))
    for kind, inputs, outputs, options in file.operators:
        inputs = list(inputs)
        if kind in _AXES:
            inputs[1:] = _weights(file, result, kind, inputs, encodings)
        result.operator(kind, inputs, outputs, **options)
    return result


def _ranges(file, path, pixels):
    numbers = [n for n, tensor in enumerate(file.tensors) if tensor["data"] is None]
    runs = Interpreter(file.write(path)).run(pixels, Preprocessing(1.0), [str(n) for n in numbers])
    values = {n: [] for n in numbers}
    for run in runs:
        for n in numbers:
            values[n].append(run[str(n)])
    return {n: (min(0.0, np.min(each)), max(0.0, np.max(each))) for n, each in values.items()}


def _encodings(file, ranges):
    groups = {n: n for n in ranges}

    def root(n):
        return n if groups[n] == n else root(groups[n])

    fixed = {}
    for kind, inputs, outputs, _ in file.operators:
        if kind in _COPYING:
            for each in inputs:
                if each in groups:
                    groups[root(each)] = root(outputs[0])
        elif kind in _PRESCRIBED:
            fixed[outputs[0]] = _PRESCRIBED[kind]
    fixed = {root(n): encoding for n, encoding in fixed.items()}
    result = {0: (np.float32(1.0), -128)}
    for n in ranges:
        if root(n) == root(0):
            result[n] = result[0]
            continue
        members = [ranges[m] for m in ranges if root(m) == root(n)]
        low, high = min(m[0] for m in members), max(m[1] for m in members)
        scale = np.float32(max(high - low, 1e-3) / 255)
        zero_point = int(np.clip(np.rint(-128 - low / scale), -128, 127))
        result[n] = fixed.get(root(n), (scale, zero_point))
    return result


def _weights(file, result, kind, inputs, encodings):
    """New tensors of the weight's codes and, where there is one, the bias's."""
    weight = file.tensors[inputs[1]]["data"].astype(np.float64)
    axis = _AXES[kind]
    over = None if axis is None else tuple(a for a in range(weight.ndim) if a != axis)
    scale = np.float32(np.maximum(np.abs(weight).max(axis=over), 1e-6) / 127)
    spread = scale
    if axis is not None:
        spread = scale.reshape([-1 if a == axis else 1 for a in range(weight.ndim)])
    codes = np.clip(np.rint(weight / spread), -127, 127).astype(np.int8)
    new = [result.tensor(codes.shape, "int8", data=codes, scale=scale, axis=axis or 0)]
    if len(inputs) > 2 and inputs[2] >= 0:
        sums = scale * encodings[inputs[0]][0]
        bias = np.rint(file.tensors[inputs[2]]["data"] / sums)
        new.append(
            result.tensor(bias.shape, "int32", data=bias.astype(np.int32), scale=sums, zero_point=0)
        )
    return new
