"""Quantization: a torch network, traced and calibrated, becomes an integer graph.

The parts are imported from their modules. Tracing, lowering and calibration need torch.
"""

from __future__ import annotations

from hawx_hw.graph.pixels import codes

__all__ = ["codes"]
