"""Setting theirs of MAx-DNN: unsigned products, zero points, shared prefixes."""

import itertools

import numpy as np
import pytest
from maxdnn_graph import Convolution, FrozenResNet8
from maxdnn_ground_truth import theirs_outcomes
from maxdnn_theirs import (
    LAYERS,
    THEIR_MACS,
    TRUE_MACS,
    Theirs,
    unsigned,
    unsigned_precision,
    unsigned_roup,
    unsigned_roupa,
)
from maxdnn_theirs_search import TheirRuns, divergences, search

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import Split
from hawx_hw.graph.graph import Conv2d, Graph, Requantization, Tensor


def frozen(seed=1, width=2):
    """A network of the same structure, of few filters."""
    rng = np.random.default_rng(seed)
    shapes = [(width, 3)] + [(width, width)] * 2
    for stage in (2, 4):
        shapes += [(stage * width, stage * width // 2), (stage * width, stage * width)]
    layers = [
        Convolution(
            rng.normal(0.1, 0.5, (*pair, 3, 3)).astype(np.float32),
            2 if number in (3, 5) else 1,
            rng.uniform(0.5, 1.5, pair[0]).astype(np.float32),
            rng.normal(0, 0.3, pair[0]).astype(np.float32),
            1e-3,
        )
        for number, pair in enumerate(shapes)
    ]
    dense = rng.normal(0, 1, (11, 4 * width)).astype(np.float32)
    return FrozenResNet8(tuple(layers), dense, rng.normal(0, 0.1, 11).astype(np.float32))


def pictures(count, seed=2):
    """Noise of another color and contrast in each image."""
    rng = np.random.default_rng(seed)
    noise = rng.random((count, 3, 32, 32)) * rng.random((count, 1, 1, 1))
    return (255 * (rng.random((count, 3, 1, 1)) + noise) / 2).astype(np.uint8)


def round_to(value, bits):
    """Halves up, by division."""
    return int(np.floor(value / 2**bits + 0.5)) * 2**bits


def test_roup_is_the_product_of_rounded_codes():
    for p, r in ((0, 0), (1, 2), (2, 5), (3, 7)):
        table = unsigned_roup(p, r).table
        for w, x in itertools.product((0, 1, 5, 127, 128, 200, 255), (0, 2, 6, 31, 129, 254, 255)):
            assert table[w, x] == round_to(w, r) * round_to(x, 2 * p)


def test_the_aligned_form_rounds_the_weight_of_each_digit():
    def digit(x, j):
        bit = lambda k: x >> k & 1 if k >= 0 else 0  # noqa: E731
        return bit(2 * j) + bit(2 * j - 1) - 2 * bit(2 * j + 1)

    for p, r in ((0, 0), (0, 6), (1, 4)):
        table = unsigned_roupa(p, r).table
        for w, x in itertools.product((0, 1, 77, 128, 255), range(0, 256, 5)):
            rows = (
                4**j * digit(x, j) * round_to(w, max(0, r - 2 * j)) for j in range(p, 5)
            )  # fmt: skip
            assert table[w, x] == sum(rows)
    assert (unsigned_roupa(0, 0).table == unsigned().table).all()


def test_lower_precision_keeps_upper_bits():
    block = unsigned_precision(4, 8)
    assert (block.right[:, 0] == np.arange(256)).all()
    assert set(block.left[:, 0]) == {16 * code for code in range(16)}
    assert abs(block.left[:, 0] - np.arange(256))[:248].max() == 8


def by_table(network, images, blocks):
    """The outputs, by the table of each block and sums of integers, image by image."""

    def affine(values):
        low, high = min(values.min(), 0), max(values.max(), 0)
        scale = (float(high) - float(low)) / 255
        return scale, round(-float(low) / scale)

    def convolve(values, layer, table):
        scale_x, zero_x = affine(values)
        scale_w, zero_w = affine(layer.kernel)
        q = np.clip(np.round(values / np.float32(scale_x)) + zero_x, 0, 255).astype(np.int64)
        w = np.clip(np.round(layer.kernel / np.float32(scale_w)) + zero_w, 0, 255).astype(np.int64)
        q = np.pad(q, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=zero_x)
        windows = np.lib.stride_tricks.sliding_window_view(q, (3, 3), (2, 3))
        windows = windows[:, :, :: layer.stride, :: layer.stride]
        sums = np.zeros((len(q), len(w), *windows.shape[2:4]), dtype=np.int64)
        for f, c, i, j in np.ndindex(w.shape):
            x = windows[:, c, :, :, i, j]
            weight = w[f, c, i, j]
            sums[:, f] += table[weight, x] - zero_x * weight - zero_w * x + zero_w * zero_x
        return (sums * scale_x * scale_w).astype(np.float32)

    def normal(values, layer):
        mean, variance = values.mean(axis=(0, 2, 3)), values.var(axis=(0, 2, 3))
        gain = layer.gamma / np.sqrt(variance + layer.epsilon)
        return (values - mean[:, None, None]) * gain[:, None, None] + layer.beta[:, None, None]

    x = (images.astype(np.float32) / 128 - 1).astype(np.float32)
    steps = list(zip(network.convolutions, blocks, strict=True))
    x = np.maximum(normal(convolve(x, steps[0][0], steps[0][1].table), steps[0][0]), 0)
    for first, second in (steps[1:3], steps[3:5], steps[5:7]):
        y = np.maximum(normal(convolve(x, first[0], first[1].table), first[0]), 0)
        y = normal(convolve(y, second[0], second[1].table), second[0])
        added = y.shape[1] - x.shape[1]
        if added:
            half = x.reshape(len(x), x.shape[1], x.shape[2] // 2, 2, -1, 2).mean(axis=(3, 5))
            x = np.pad(half, ((0, 0), (added // 2, added // 2), (0, 0), (0, 0)))
        x = np.maximum(y + x, 0)
    return (x.mean(axis=(2, 3)) @ network.dense.T + network.bias)[:, :10]


@pytest.mark.parametrize("mixed", [False, True])
def test_outputs_are_those_of_tables_and_integers(mixed):
    network, images = frozen(), pictures(3)
    blocks = [unsigned_roup(1, 4)] * 7
    if mixed:
        blocks = [unsigned_roupa(0, 6), unsigned(), unsigned_precision(5, 6), *blocks[:4]]
    outputs = Theirs(network, images).outputs(blocks)
    assert outputs == pytest.approx(by_table(network, images, blocks), abs=0.02)
    exact = Theirs(network, images).outputs([unsigned()] * 7)
    assert abs(outputs - exact).max() > 0.1


def test_images_of_a_batch_depend_on_one_another():
    network, images = frozen(), pictures(4)
    whole = Theirs(network, images).outputs([unsigned()] * 7)
    half = Theirs(network, images[:2]).outputs([unsigned()] * 7)
    assert abs(whole[:2] - half).max() > 1e-3


def space():
    """A space of seven layers."""
    nodes, tensors = [], {"x": Tensor((1, 2, 2), 1.0, 0)}
    for name in LAYERS:
        rule = Requantization(np.array([1]), 1, 0)
        source = nodes[-1].name if nodes else "x"
        nodes.append(
            Conv2d(name, (source,), np.ones((1, 1, 1, 1), np.int8), np.zeros(1, np.int32), rule)
        )
        tensors[name] = Tensor((1, 2, 2), 1.0, 0)
    blocks = [by_name("roup(1,4)"), by_name("roup(2,5)")]
    return Space.by_layer(Graph("seven", "x", tuple(nodes), tensors), blocks)


def test_the_exhaustive_ground_truth_is_every_assignment_by_itself(tmp_path):
    network, images = frozen(), pictures(6)
    labels = Theirs(network, images).outputs([unsigned()] * 7).argmax(axis=1)
    split = Split(images, labels.astype(np.int64))
    blocks = [unsigned_roup(1, 4), unsigned_roup(3, 7)]
    outcomes = theirs_outcomes(
        Theirs(network, split.images), blocks, space(), split, tmp_path / "all"
    )
    assert outcomes.right.shape == (128, 6)
    for number in range(0, 128, 11):
        (vector,) = space().vectors(np.array([number]))
        alone = Theirs(network, split.images).outputs([blocks[index] for index in vector])
        assert (outcomes.right[number] == (alone.argmax(axis=1) == split.labels)).all()
    assert len(np.unique(outcomes.right, axis=0)) > 4
    again = theirs_outcomes(
        Theirs(network, split.images), blocks, space(), split, tmp_path / "all", stored=True
    )
    assert (again.right == outcomes.right).all()
    other = theirs_outcomes(
        Theirs(frozen(5), split.images), blocks, space(), split, tmp_path / "all", stored=True
    )
    assert other is None


def test_a_search_goes_by_single_layers_and_stores_its_outputs(tmp_path):
    network, split = frozen(), Split(pictures(6), np.arange(6, dtype=np.int64))
    blocks = [unsigned(), unsigned_roup(1, 4), unsigned_roup(3, 7)]
    runs = TheirRuns(Theirs(network, split.images), split, tmp_path / "runs.npz")
    scores = divergences(runs, blocks)
    assert scores.shape == (7, 3)
    assert (scores[:, 0] == 0).all()
    assert (scores[:, 1:] > 0).all()
    assert scores[:, 2].sum() > scores[:, 1].sum()
    energy = {block.name: value for block, value in zip(blocks, (10.0, 6.0, 2.0), strict=True)}
    points = search(runs, blocks, energy, (TRUE_MACS, THEIR_MACS), 100.0)
    assert [point.saved[0] for point in points] == sorted(point.saved[0] for point in points)
    for point in points:
        total = [
            sum(m * energy[b.name] for m, b in zip(macs, point.blocks, strict=True)) / sum(macs)
            for macs in (TRUE_MACS, THEIR_MACS)
        ]
        assert point.saved == pytest.approx([1 - each / 10 for each in total])
    stored = TheirRuns(Theirs(network, split.images), split, tmp_path / "runs.npz", stored=True)
    assert (stored.outputs(points[0].blocks) == runs.outputs(points[0].blocks)).all()
    assert stored.outputs([unsigned_precision(3, 3)] * 7) is None


def test_two_layers_weigh_too_much_in_their_energies():
    ratios = np.array(THEIR_MACS) / TRUE_MACS
    assert ratios.round(2).tolist() == [1, 1, 1, 4.52, 1, 5.06, 1]
    # Multiplications of 3 x 3 convolutions on 32 x 32 pixels.
    filters, inputs, pixels = (
        (16, 16, 16, 32, 32, 64, 64),
        (3, 16, 16, 16, 32, 32, 64),
        (*(1024, 1024, 1024, 256, 256, 64, 64),),
    )
    expected = [9 * f * c * n for f, c, n in zip(filters, inputs, pixels, strict=True)]
    assert list(TRUE_MACS) == expected
