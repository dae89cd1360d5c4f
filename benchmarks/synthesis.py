"""Time to synthesize arrays of growing size, and what keeping the hierarchy costs in area.

    python benchmarks/synthesis.py

The array alone (one slice of n x n PEs with accumulators), and a whole small accelerator, in
generic45, with clock gates. The hierarchy is kept, so each kind of module is mapped once; the
baseline that grows with the number of PEs is the same design flattened. All are measured in this
run, one after another, without a store; of the times only the ratios mean something.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from cycles import lenet5
from rich.console import Console
from rich.table import Table

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.synthesis import synthesize
from hawx_hw.technology import load

_ARRAY, _WHOLE = "hawx_array_slice", "hawx_accelerator"
_CASES = [
    (_ARRAY, 8, False),
    (_ARRAY, 16, False),
    (_ARRAY, 32, False),
    (_ARRAY, 8, True),
    (_WHOLE, 4, False),
    (_WHOLE, 4, True),
]


def main() -> None:
    """Print the table."""
    technology = load("generic45")
    table = Table(title="Synthesis of n x n PEs, generic45")
    for name in ("design", "hierarchy", "cells", "um2", "path, ns", "seconds", "ratio"):
        table.add_column(name, justify="right")
    baseline = 0.0
    with tempfile.TemporaryDirectory() as name:
        for top, size, flatten in _CASES:
            folder = Path(name) / f"{top}{size}{flatten}"
            mapped = plan(lenet5(), ArrayShape.complete(size, size, slice_columns=size))
            emit_accelerator(mapped, folder, config_hash=0)
            sources = [folder / "rtl" / source for source in
                       (folder / "rtl" / "filelist.f").read_text("utf-8").split()]  # fmt: skip
            begin = time.perf_counter()
            result = synthesize(
                sources,
                top,
                technology,
                workdir=folder / "work",
                flatten=flatten,
                clock_gating=True,
                opensta=False,
            ).result
            seconds = time.perf_counter() - begin
            baseline = baseline or seconds
            table.add_row(
                f"{'array' if top == _ARRAY else 'accelerator'} {size} x {size}",
                "flattened" if flatten else "kept",
                f"{result.cells:,}",
                f"{result.area:,.0f}",
                f"{result.timing.longest_path_ns:.2f}",
                f"{seconds:.1f}",
                f"{seconds / baseline:.2f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
