"""Synthesis with Yosys: cells, area and longest path of a design in a technology."""

from hawx_hw.synthesis.run import Synthesized, synthesize
from hawx_hw.synthesis.store import Store, default_store

__all__ = ["Store", "Synthesized", "default_store", "synthesize"]
