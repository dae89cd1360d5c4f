"""Networks on accelerators of both architectures: tiny ones, and LeNet-5."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan as simt_plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.graph.random_graphs import random_codes, random_graph
from tests.architectures.simt.networks import lenet5, random_plan

__all__ = ["images_of", "lenet5_on_a_unit", "lenet5_on_an_array", "simt", "systolic"]


def systolic(seed: int, *, loadable: bool) -> Plan:
    """A network on 2 x 2 PEs."""
    graph = random_graph(np.random.default_rng(seed), layers=2, max_size=5, max_channels=4)
    return plan(graph, ArrayShape.complete(2, 2, loadable=loadable), None)


def simt(seed: int) -> Plan:
    """A network on a SIMT unit; loadable where the seed is odd."""
    return random_plan(seed)


def lenet5_on_an_array() -> Plan:
    """LeNet-5 with random weights on 8 x 8 PEs."""
    return plan(lenet5(), ArrayShape.complete(8, 8), None)


def lenet5_on_a_unit() -> Plan:
    """LeNet-5 with random weights on 8 lanes."""
    return simt_plan(lenet5(), SimtConfig.model_validate({"lanes": 8}), {})


def images_of(plan: Plan, count: int) -> np.ndarray:
    """Codes of random images."""
    return random_codes(np.random.default_rng(1), plan.graph, count)
