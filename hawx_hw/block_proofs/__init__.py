"""Proves that the Verilog of every block equals its definition."""

from hawx_hw.block_proofs.exhaustive import UndefinedProducts, product_tables
from hawx_hw.block_proofs.formal import Difference, compare
from hawx_hw.block_proofs.proofs import Case, Counterexample, Proof, prove, prove_cases

__all__ = [
    "Case",
    "Counterexample",
    "Difference",
    "Proof",
    "UndefinedProducts",
    "compare",
    "product_tables",
    "prove",
    "prove_cases",
]
