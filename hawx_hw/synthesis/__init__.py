"""Synthesis with Yosys: cells, area and longest path of a design in a technology."""

from hawx_hw.synthesis.run import SynthesisResult, synthesize

__all__ = ["SynthesisResult", "synthesize"]
