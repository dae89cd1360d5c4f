"""What operators of TFLite compute, written out loop by loop; channels last, without a batch."""

from __future__ import annotations

import math

import numpy as np


def padding(size, window, stride, same):
    """How many numbers TensorFlow adds before and after one axis, and the size of the output."""
    if not same:
        return 0, (size - window) // stride + 1
    count = math.ceil(size / stride)
    return max((count - 1) * stride + window - size, 0) // 2, count


def windows(x, window, stride, same, dilation=(1, 1)):
    """Yield each output's place, and its taps inside the map as (tap, pixel)."""
    extent = [(size - 1) * step + 1 for size, step in zip(window, dilation, strict=True)]
    (top, height), (left, width) = (
        padding(x.shape[axis], extent[axis], stride[axis], same) for axis in (0, 1)
    )
    for row in range(height):
        for column in range(width):
            taps = []
            for i in range(window[0]):
                for j in range(window[1]):
                    y = row * stride[0] - top + i * dilation[0]
                    z = column * stride[1] - left + j * dilation[1]
                    if 0 <= y < x.shape[0] and 0 <= z < x.shape[1]:
                        taps.append(((i, j), x[y, z]))
            yield (row, column), taps


def assembled(places):
    """A map from (place, values) pairs."""
    places = dict(places)
    height, width = (max(place[axis] for place in places) + 1 for axis in (0, 1))
    return np.array([[places[row, column] for column in range(width)] for row in range(height)])


def convolution(x, weight, bias, stride=(1, 1), same=False, dilation=(1, 1)):
    """CONV_2D; a weight of fewer channels than the map is grouped."""
    groups = x.shape[2] // weight.shape[3]
    each = len(weight) // groups

    def sums(taps):
        total = bias.astype(float).copy()
        for (i, j), pixel in taps:
            for f in range(len(weight)):
                first = f // each * weight.shape[3]
                total[f] += weight[f, i, j] @ pixel[first : first + weight.shape[3]]
        return total

    return assembled(
        (place, sums(taps)) for place, taps in windows(x, weight.shape[1:3], stride, same, dilation)
    )


def depthwise(x, weight, bias, stride=(1, 1), same=False, dilation=(1, 1)):
    """DEPTHWISE_CONV_2D; output channel ``c * multiplier + m``."""
    multiplier = weight.shape[3] // x.shape[2]

    def sums(taps):
        total = bias.astype(float).copy()
        for (i, j), pixel in taps:
            total += weight[0, i, j] * np.repeat(pixel, multiplier)
        return total

    return assembled(
        (place, sums(taps)) for place, taps in windows(x, weight.shape[1:3], stride, same, dilation)
    )


def max_pool(x, window, stride, same=False):
    return assembled(
        (place, np.max([pixel for _, pixel in taps], axis=0))
        for place, taps in windows(x, window, stride, same)
    )


def average_pool(x, window, stride, same=False):
    """Over the pixels inside the map."""
    return assembled(
        (place, np.mean([pixel for _, pixel in taps], axis=0))
        for place, taps in windows(x, window, stride, same)
    )
