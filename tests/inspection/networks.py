"""LeNet-5 on the digits in all versions, whole or deliberately broken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from rich.console import Console
from torch import nn

from hawx_hw import datasets
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import Roles, roles
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.inspection.inspect import inspect
from hawx_hw.inspection.result import Inspection
from hawx_hw.inspection.versions import Versions
from hawx_hw.networks import load
from hawx_hw.quantize.calibration import quantize_layers
from hawx_hw.util.progress import ProgressDisplay

CALIBRATION = 64


@cache
def digits() -> Roles:
    return roles(datasets.load("digits"))


@cache
def split(count: int = 64) -> Split:
    """Images for learning that calibration does not see."""
    fresh = digits().fresh(CALIBRATION)
    return Split(fresh.images[:count], fresh.labels[:count])


@cache
def _lenet5() -> nn.Module:
    return load("lenet5", datasets.load("digits"), None)


def lenet5(change: Callable[[nn.Module], object] = lambda network: None) -> nn.Module:
    """The trained network, after a change."""
    network = copy.deepcopy(_lenet5())
    with torch.no_grad():
        change(network)
    return network


def versions(
    network: nn.Module,
    *,
    preprocessing: Preprocessing | None = None,
    images: np.ndarray | None = None,
    blocks: dict[str, str] | None = None,
    compensated: bool = False,
) -> Versions:
    """All versions of a network.

    Parameters
    ----------
    images : ndarray of uint8
        For calibration; None: digits.
    blocks : dict of str to str
        The block of each layer that is not exact.
    compensated : bool
        Whether the network that is built is compensated for them.
    """
    if images is None:
        images = digits().proposing(CALIBRATION).images
    layers = trace(network, images, preprocessing)
    graph = quantize_layers(layers, images, name="network")
    assignment = assigned(graph, blocks or {})
    built = graph
    if compensated:
        built, _ = compensate(graph, assignment, graph.codes(images))
    return Versions(layers, graph, assignment, built)


def assigned(graph: Graph, blocks: dict[str, str]) -> Assignment:
    shapes = {node.name: node.weight.shape for node in graph.nodes if hasattr(node, "weight")}
    return {name: LayerBlocks.uniform(by_name(b), shapes[name]) for name, b in blocks.items()}


@cache
def whole() -> Versions:
    """The network as it is shipped, with exact blocks."""
    return versions(lenet5())


def with_node(graph: Graph, name: str, **changes: object) -> Graph:
    """A graph with a node changed."""
    nodes = tuple(replace(n, **changes) if n.name == name else n for n in graph.nodes)
    return replace(graph, nodes=nodes)


def silent() -> ProgressDisplay:
    return ProgressDisplay(Console(quiet=True))


def inspected(given: Versions, images: Split | None = None, **settings: object) -> Inspection:
    return inspect(given, images or split(), silent(), **settings)


def kinds(inspection: Inspection) -> list[tuple[str, str | None]]:
    return [(culprit.kind, culprit.layer) for culprit in inspection.culprits]
