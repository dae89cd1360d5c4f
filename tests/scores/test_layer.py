"""What a profile gathers of one layer, recomputed image by image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d
from hawx_hw.scores.jacobian import logit_jacobians
from hawx_hw.scores.layer import LayerProfile
from hawx_hw.scores.reach import carriers
from hawx_hw.scores.variants import Variant
from tests.search.small import BLOCKS, small_graph, small_images

GRAPH = small_graph()
NODE = next(node for node in GRAPH.nodes if isinstance(node, Conv2d) and node.name == "b")
IMAGES, _ = small_images(GRAPH, 6)
#: Two slices: the first line of a kernel, and the others.
SLICES = np.broadcast_to(np.array([0, 1, 1])[:, None], NODE.weight.shape[1:])


@pytest.fixture(scope="module")
def variants() -> list[list[Variant]]:
    codes = reference.run_all(GRAPH, IMAGES)
    source = NODE.inputs[0]
    histograms = tap_histograms(NODE, codes[source], GRAPH.tensors[source].zero_point)
    return [
        [
            Variant(
                NODE,
                block,
                part == SLICES,
                histograms,
                GRAPH.tensors,
                bias_correction=True,
                remapped=False,
                threads=1,
            )
            for block in BLOCKS
        ]
        for part in range(2)
    ]


def measured(variants, *batches: np.ndarray) -> LayerProfile:
    # Filters of 2 slices, blocks, images, classes.
    shifts = np.full((3 * 2, 3, sum(map(len, batches)), 4), np.nan, dtype=np.float32)
    layer = LayerProfile(GRAPH, NODE, carriers(GRAPH)["b"], variants, shifts)
    output = GRAPH.tensors[GRAPH.output]
    for images in batches:
        codes = reference.run_all(GRAPH, images)
        logits = (codes[GRAPH.output] - np.float64(output.zero_point)) * output.scale
        jacobians = logit_jacobians(GRAPH, codes, tensors=[layer.end], sums=["b"])
        layer.add(codes, jacobians, softmax(logits, axis=1))
    return layer


def test_errors_are_followed_to_the_tensor_that_the_next_weights_read(variants) -> None:
    assert measured(variants, IMAGES[:1]).end == "f"


def test_shifts_are_changed_codes_times_the_jacobian(variants) -> None:
    layer = measured(variants, IMAGES)
    shifts = layer.shifts()
    assert shifts.shape == (3 * 2, 3, 6, 4)
    codes = reference.run_all(GRAPH, IMAGES)
    jacobian = logit_jacobians(GRAPH, codes, tensors=["f"]).codes["f"]
    squares = layer.squares()
    for part in range(2):
        for block in range(3):
            made = variants[part][block].run(codes["pa"])
            change = _pooled(made).reshape(6, 3).astype(np.float64) - codes["f"]
            for unit in range(3):
                expected = (jacobian[:, :, unit] * change[:, unit]).T
                got = shifts[unit * 2 + part, block]
                np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
                assert squares[unit * 2 + part, block] == pytest.approx(
                    (change[:, unit] ** 2).mean()
                )
    # The exact block changes nothing.
    assert not shifts[:, 0].any()


def _pooled(codes: np.ndarray) -> np.ndarray:
    """The layer's maxima over 2 x 2."""
    images, filters, height, width = codes.shape
    return codes.reshape(images, filters, height // 2, 2, width // 2, 2).max(axis=(3, 5))


def test_batches_do_not_matter(variants) -> None:
    whole, parts = measured(variants, IMAGES), measured(variants, IMAGES[:2], IMAGES[2:])
    for name in ("shifts", "squares", "gain", "fisher"):
        np.testing.assert_allclose(getattr(parts, name)(), getattr(whole, name)(), rtol=1e-5)


def test_slices_of_a_filter_share_its_derivatives(variants) -> None:
    layer = measured(variants, IMAGES)
    gain, fisher = layer.gain(), layer.fisher()
    assert gain.shape == (6, 6, 4) and fisher.shape == (6,)
    np.testing.assert_array_equal(gain[::2], gain[1::2])
    np.testing.assert_array_equal(fisher[::2], fisher[1::2])
    assert (fisher >= 0).all()
