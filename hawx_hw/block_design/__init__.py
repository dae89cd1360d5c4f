"""Blocks designed for a layer: masks of partial products with the least error of its own sums."""

from hawx_hw.block_design.design import BlockDesigner, Design, Row
from hawx_hw.block_design.energy import LayerEnergies
from hawx_hw.block_design.held_out import HeldOut
from hawx_hw.block_design.importance import filter_importance
from hawx_hw.block_design.layer import Layer

__all__ = [
    "BlockDesigner",
    "Design",
    "HeldOut",
    "Layer",
    "LayerEnergies",
    "Row",
    "filter_importance",
]
