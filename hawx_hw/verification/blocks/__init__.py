"""Proves that the Verilog of every block equals its definition."""

from hawx_hw.verification.blocks.exhaustive import product_tables
from hawx_hw.verification.blocks.formal import Difference, compare
from hawx_hw.verification.blocks.proofs import Case, Counterexample, Proof, prove, prove_cases

__all__ = [
    "Case",
    "Counterexample",
    "Difference",
    "Proof",
    "compare",
    "product_tables",
    "prove",
    "prove_cases",
]
