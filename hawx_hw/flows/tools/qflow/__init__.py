"""qflow: a routed layout of PEs, lanes and blocks on the cells of osu018."""

from hawx_hw.flows.tools.qflow.flow import FLOW

__all__ = ["FLOW"]
