"""The integer network: its graph, the reference interpreter, calibration and storage.

The parts are imported from their modules. Only :mod:`~hawx_hw.quantize.calibration` and
:mod:`~hawx_hw.quantize.fast` need torch.
"""

from __future__ import annotations

from hawx_hw.quantize.pixels import codes

__all__ = ["codes"]
