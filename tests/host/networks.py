"""Tiny networks on tiny accelerators of both architectures."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.graph.random_graphs import random_codes, random_graph
from tests.architectures.simt.networks import random_plan

__all__ = ["images_of", "simt", "systolic"]


def systolic(seed: int, *, loadable: bool) -> Plan:
    """A network on 2 x 2 PEs."""
    graph = random_graph(np.random.default_rng(seed), layers=2, max_size=5, max_channels=4)
    return plan(graph, ArrayShape.complete(2, 2, loadable=loadable), None)


def simt(seed: int) -> Plan:
    """A network on a SIMT unit; loadable where the seed is odd."""
    return random_plan(seed)


def images_of(plan: Plan, count: int) -> np.ndarray:
    """Codes of random images."""
    return random_codes(np.random.default_rng(1), plan.graph, count)
