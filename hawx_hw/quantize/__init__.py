"""Quantization: tracing, fusion, calibration and lowering of a torch network to an integer graph.

The parts are imported from their modules; they need torch.
"""

from __future__ import annotations

from hawx_hw.graph.pixels import codes

__all__ = ["codes"]
