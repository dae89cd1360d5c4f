"""Coriolis: a legal layout of PEs, lanes and blocks for SkyWater's 130 nm process."""

from hawx_hw.flows.tools.coriolis.flow import FLOW

__all__ = ["FLOW"]
