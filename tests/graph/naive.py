"""The integer graph once more, in nested loops over Python's whole numbers: hard to get wrong."""

import itertools

import numpy as np

from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Linear,
    Lookup,
    MaxPool2d,
)


def requantized(total, rule, channel=0):
    multiplier = rule.multiplier.tolist()
    return finished(total * multiplier[channel % len(multiplier)], rule)


def finished(product, rule):
    # Python's // rounds towards minus infinity, as the rule's >> does.
    exact = product + rule.zero_point * 2**rule.shift
    # The nearest multiple of the step, halves up.
    wide = rule.step * 2**rule.shift
    code = (exact + wide // 2) // wide * rule.step
    return min(max(code, rule.low), rule.high) // rule.step * rule.step


def window(x, channel, node, kernel, y, x0, pad, dilation=(1, 1)):
    """The codes under the kernel at output pixel (y, x0), with ``pad`` outside."""
    height, width = len(x[channel]), len(x[channel][0])
    for i, j in itertools.product(range(kernel[0]), range(kernel[1])):
        row, column = (
            y * node.stride[0] + i * dilation[0] - node.padding[0],
            x0 * node.stride[1] + j * dilation[1] - node.padding[1],
        )
        inside = 0 <= row < height and 0 <= column < width
        yield x[channel][row][column] if inside else pad


def product(blocks, index, weight, code):
    """The product of one weight: that of its block, where it has one."""
    if blocks is None:
        return weight * code
    return int(blocks.blocks[blocks.choice[index]].table[weight + 128, code + 128])


def evaluate(node, inputs, shape, zero_point, blocks=None):
    """Codes of one node for one image, as nested lists."""
    x = inputs[0]
    match node:
        case Flatten():
            return (
                [code for plane in x for row in plane for code in row] if shape != ishape(x) else x
            )
        case Linear():
            return [
                requantized(
                    sum(
                        product(blocks, (n, k), w, c)
                        for k, (w, c) in enumerate(zip(row, x, strict=True))
                    )
                    + b,
                    node.requantization,
                    n,
                )
                for n, (row, b) in enumerate(
                    zip(node.weight.tolist(), node.bias.tolist(), strict=True)
                )
            ]
        case Concat():
            return [part for each in inputs for part in each]
        case Lookup():
            return mapped(lambda code: int(node.table[code + 128]), x)
        case Clamp():
            return mapped(lambda code: requantized(code + node.bias, node.requantization), x)
        case Add():
            first, second = node.requantization.multiplier.tolist()
            return mapped(
                lambda a, b: finished(a * first + b * second + node.bias, node.requantization),
                x,
                inputs[1],
            )
    channels, height, width = shape

    def pixel(c, y, x0):
        if isinstance(node, MaxPool2d):
            return max(window(x, c, node, node.kernel, y, x0, -128))
        if isinstance(node, AveragePool2d):
            total = sum(window(x, c, node, node.kernel, y, x0, zero_point))
            return requantized(total + node.bias, node.requantization)
        assert isinstance(node, Conv2d)
        total = int(node.bias[c])
        of_group = len(x) // node.groups
        first = c // (len(node.weight) // node.groups) * of_group
        for k in range(of_group):
            kernel = node.weight[c, k]
            codes = window(x, first + k, node, kernel.shape, y, x0, zero_point, node.dilation)
            for (i, j), code in zip(np.ndindex(kernel.shape), codes, strict=True):
                total += product(blocks, (c, k, i, j), int(kernel[i, j]), code)
        return requantized(total, node.requantization, c)

    return [
        [[pixel(c, y, x0) for x0 in range(width)] for y in range(height)] for c in range(channels)
    ]


def run_all(graph, image, assignment=None):
    """Every tensor's codes for one image, by name."""
    values = {graph.input: image.tolist()}
    for node in graph.nodes:
        zero_point = graph.tensors[node.inputs[0]].zero_point
        inputs = [values[name] for name in node.inputs]
        shape, blocks = graph.tensors[node.name].shape, (assignment or {}).get(node.name)
        values[node.name] = evaluate(node, inputs, shape, zero_point, blocks)
    return values


def ishape(x):
    return (len(x), *ishape(x[0])) if isinstance(x, list) else ()


def mapped(function, *nested):
    if isinstance(nested[0], list):
        return [mapped(function, *parts) for parts in zip(*nested, strict=True)]
    return function(*nested)
