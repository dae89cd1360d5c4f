"""What the tests of imports share: a store of their own, and a short way to import a text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hawx_hw.block_proofs.imports import Import, import_verilog
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.simulation.simulators import Simulator, find_simulator

MULTIPLY = "module mul8s_m(input [7:0] A, B, output [15:0] O); assign O = A * B; endmodule\n"

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="only Icarus has undefined bits"
)


def quickest() -> Simulator:
    """Icarus where there is one: it compiles in no time."""
    return find_simulator("icarus" if shutil.which("iverilog") else "verilator")


def bring(store: ImportStore, folder: Path, text: str, module: str, **options) -> Import:
    path = folder / "mine.v"
    path.write_text(text)
    return import_verilog(path, module, store=store, **options)
