"""The integer network: its graph, the reference interpreter, calibration and storage.

The parts are imported from their modules. Only :mod:`~hawx_hw.quantize.calibration` needs torch.
"""

from __future__ import annotations

from hawx_hw.graph.pixels import codes

__all__ = ["codes"]
