"""A network whose forward pass is the integer graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation import compensate
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.retraining.network import IntegerNetwork
from tests.search.small import small_graph, small_images

NAMES = ["exact", "precision(w=4,a=5)", "array(1,2,6)", "drum(k=3)"]
GRADIENTS = ["straight", "gain", "table"]


def uniform(graph: Graph, name: str) -> dict[str, LayerBlocks]:
    return {
        node.name: LayerBlocks.uniform(by_name(name), node.weight.shape)
        for node in graph.nodes
        if isinstance(node, (Conv2d, Linear))
    }


def mixed(rng: np.random.Generator, graph: Graph) -> dict[str, LayerBlocks]:
    """Every weight with a block of its own."""
    blocks = [by_name(name) for name in NAMES]
    assignment = {}
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            choice = rng.integers(0, 4, node.weight.shape)
            used, choice = np.unique(choice, return_inverse=True)
            choice = choice.reshape(node.weight.shape).astype(np.uint8)
            assignment[node.name] = LayerBlocks(tuple(blocks[i] for i in used), choice)
    return assignment


def outputs(graph: Graph, images: np.ndarray, assignment) -> np.ndarray:
    tensor = graph.tensors[graph.output]
    codes = reference.run(graph, images, assignment).reshape(len(images), -1)
    return (codes.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)


def disturbed(network: IntegerNetwork, seed: int) -> None:
    """Other parameters, as after some steps of training."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter += noise * {"weight": 9.0, "gain": 12.0, "bias": 3.0}[name.split(".")[-1]]


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_trained_is_what_is_emitted(seed: int, gradient) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=7, max_channels=4, output="vector")
    images, assignment = random_codes(rng, graph, 5), mixed(rng, graph)
    network = IntegerNetwork(graph, assignment, gradient, images, threads=1)
    for _ in range(2):
        result = network(torch.from_numpy(images))
        expected = outputs(network.graph(), images, assignment)
        np.testing.assert_array_equal(result.detach().numpy(), expected)
        disturbed(network, seed)
    result.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", NAMES)
def test_it_begins_with_the_compensated_graph(name: str) -> None:
    """The same products; sums to half a code: multipliers are halved, biases rounded."""
    graph = small_graph()
    images, _ = small_images(graph, 12)
    assignment = uniform(graph, name)
    graph, _ = compensate(graph, assignment, images)
    start = IntegerNetwork(graph, assignment, "straight", images, threads=1).graph()
    for one, other in zip(graph.nodes, start.nodes, strict=True):
        if isinstance(one, (Conv2d, Linear)):
            table = assignment[one.name].blocks[0].table
            indices = (n.weight.astype(int) + 128 for n in (one, other))
            np.testing.assert_array_equal(*(table[index] for index in indices))
            scales = [n.requantization.multiplier * 2.0**-n.requantization.shift
                      for n in (one, other)]  # fmt: skip
            np.testing.assert_allclose(*scales, rtol=1e-4)
            assert other.requantization.multiplier.max() < 2**15 + 1
    before, after = (reference.run(g, images, assignment).astype(int) for g in (graph, start))
    assert np.abs(before - after).mean() < 1


def layer(multiplier: int = 20_000, low: int = -128) -> Graph:
    node = Linear(
        name="y",
        inputs=("x",),
        weight=np.array([[30, -40, 20]], dtype=np.int8),
        bias=np.array([10], dtype=np.int32),
        requantization=Requantization(np.array([multiplier]), 22, zero_point=-10, low=low),
    )
    tensors = {"x": Tensor((3,), 0.5, -20), "y": Tensor((1,), 0.25, -10)}
    return Graph(name="one", input="x", nodes=(node,), tensors=tensors)


def test_derivatives_of_one_layer() -> None:
    """By hand: of the exact product, in real units of the output."""
    graph, x = layer(), np.array([[10, -20, 60]], dtype=np.int8)
    network = IntegerNetwork(graph, {}, "straight", x, threads=1)
    network(torch.from_numpy(x)).sum().backward()
    scale = 20_000 / 2**22
    parameters = {name.split(".")[-1]: p.grad for name, p in network.named_parameters()}
    offsets = np.array([30, 0, 80])
    by_code = 0.25 * scale * offsets
    np.testing.assert_allclose(parameters["weight"][0], by_code / 4, rtol=1e-6)
    np.testing.assert_allclose(parameters["bias"], [0.25], rtol=1e-6)
    exact = (np.array([30, -40, 20]) * offsets).sum() * scale
    # The sum is taken from the output's code.
    half = 0.25 * 0.5 / 128
    np.testing.assert_allclose(parameters["gain"], [0.25 * exact / 128], rtol=0, atol=half)


def test_a_code_at_the_clamp_has_no_derivative() -> None:
    graph, x = layer(low=-10), np.array([[-20, 100, -20]], dtype=np.int8)
    network = IntegerNetwork(graph, {}, "straight", x, threads=1)
    result = network(torch.from_numpy(x))
    assert float(result.detach()) == 0
    result.sum().backward()
    assert all(not p.grad.any() for p in network.parameters())


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_weight_beyond_its_last_level_moves_back_alone(sign: int) -> None:
    """Levels of ``precision(w=4,a=8)`` are -112 to 112; a loss that falls and one that grows."""
    graph, x = layer(multiplier=2_000), np.array([[10, 10, 10]], dtype=np.int8)
    assignment = uniform(graph, "precision(w=4,a=8)")
    network = IntegerNetwork(graph, assignment, "straight", x, threads=1)
    weight = next(network.parameters())
    with torch.no_grad():
        weight[:] = torch.tensor([[113.0, 16.0, -113.0]])
    (sign * network(torch.from_numpy(x)).sum()).backward()
    by_weight = weight.grad[0].tolist()
    assert (by_weight[0] == 0) == (sign < 0)
    assert by_weight[1] != 0
    assert (by_weight[2] == 0) == (sign > 0)


def test_latent_weights_take_the_nearest_level() -> None:
    graph = layer()
    assignment = uniform(graph, "precision(w=4,a=8)")
    network = IntegerNetwork(graph, assignment, "straight", np.zeros((1, 3), np.int8), threads=1)
    with torch.no_grad():
        # In units of a quarter of the root of 16: of one code.
        next(network.parameters())[:] = torch.tensor([[25.0, -23.0, 400.0]])
    assert network.graph().nodes[0].weight.tolist() == [[32, -16, 112]]


def test_table_needs_factors() -> None:
    class Unfactored(type(by_name("exact"))):
        family = "unfactored"

        def factors(self) -> None:
            return None

        def multiply(self, a, b):
            return super().multiply(a, b) | 7

    graph = layer()
    blocks = {"y": LayerBlocks.uniform(Unfactored(), (1, 3))}
    images = np.zeros((1, 3), np.int8)
    with pytest.raises(ValueError, match="exact factors, not 'unfactored'"):
        IntegerNetwork(graph, blocks, "table", images)
    IntegerNetwork(graph, blocks, "gain", images, threads=1)(torch.from_numpy(images))


def test_it_goes_where_torch_computes() -> None:
    """All parameters and constants move, and the float part computes there with nothing else."""
    rng = np.random.default_rng(1)
    graph = small_graph()
    images, assignment = random_codes(rng, graph, 3), mixed(rng, graph)
    network = IntegerNetwork(graph, assignment, "table", images, threads=1).to("meta")
    stray = [
        value
        for module in network.modules()
        for value in vars(module).values()
        if isinstance(value, torch.Tensor)
    ]
    assert not stray
    tensors = [*network.parameters(), *network.buffers()]
    assert len(tensors) > len([*network.parameters()])
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            shape = graph.tensors[node.inputs[0]].shape
            x = torch.zeros((2, *shape), device="meta", requires_grad=True)
            exact = torch.zeros((2, *graph.tensors[node.name].shape), device="meta")
            result = network._by_name[node.name](x, exact)
            result.sum().backward()
            assert x.grad is not None and x.grad.device.type == "meta"


def test_constants_are_no_part_of_a_saved_state() -> None:
    graph = small_graph()
    network = IntegerNetwork(graph, {}, "straight", small_images(graph, 2)[0], threads=1)
    assert network.state_dict().keys() == dict(network.named_parameters()).keys()


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_skipped_weights_stay_zero_and_pass_no_gradient(gradient) -> None:
    """A layer that is skipped, and one of which parts are."""
    graph, (images, _) = small_graph(), small_images(small_graph(), 8)
    blocks = (by_name("exact"), by_name("none"))
    choice = np.zeros((3, 2, 3, 3), dtype=np.uint8)
    choice[1:, :, 1] = 1
    assignment = {"b": LayerBlocks(blocks, choice)}
    assignment["c"] = LayerBlocks.uniform(blocks[1], (5, 3))
    network = IntegerNetwork(graph, assignment, gradient, images, threads=1)
    disturbed(network, 0)
    result = network(torch.from_numpy(images))
    trained = network.graph()
    np.testing.assert_array_equal(result.detach(), outputs(trained, images, assignment))
    weights = {node.name: node.weight for node in trained.nodes if hasattr(node, "weight")}
    assert not weights["b"][choice == 1].any() and not weights["c"].any()
    result.square().sum().backward()
    gradients = {name: p.grad for name, p in network.named_parameters()}
    assert any("weight" in name and g is not None and g.any() for name, g in gradients.items())
    # Nothing of the layers before reaches the output but through the skipped layer.
    for name, gradient_of in gradients.items():
        layer = name.split(".")[-2]
        if layer in ("a", "b") and gradient_of is not None:
            assert not gradient_of.any(), name


@pytest.mark.parametrize("gain", [-128.0, -127.9, -300.0])
@pytest.mark.parametrize("bias", [90.0, -30.0, 100_000.0])
def test_a_filter_without_gain_keeps_its_bias(gain: float, bias: float) -> None:
    """However large a bias would be in units of a sum that hardly counts: no sum leaves int32."""
    node = layer().nodes[0]
    rule = replace(node.requantization, shift=32)
    graph = replace(layer(), nodes=(replace(node, requantization=rule),))
    x = np.array([[10, -20, 60], [-128, 127, -128]], dtype=np.int8)
    network = IntegerNetwork(graph, {}, "straight", x, threads=1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if not name.endswith("weight"):
                parameter[:] = gain if name.endswith("gain") else bias
    result = network(torch.from_numpy(x))
    np.testing.assert_array_equal(result.detach().numpy(), outputs(network.graph(), x, {}))
    code = np.clip(bias - 10, -128, 127)
    np.testing.assert_allclose(result.detach().numpy(), 0.25 * (code + 10), atol=0.25)
