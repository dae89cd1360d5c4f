"""Build folders with a netlist: of an emitted accelerator, and of a design of a few lines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hawx_hw.config.models import Config
from hawx_hw.flows.base import Build
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import Technology, load
from hawx_hw.util.files import write_text
from hawx_hw.util.resources import rtl_templates
from tests.flows.builds import CONFIG, small_build

__all__ = ["DESIGN", "synthesized_build", "tiny_build"]

#: Gated registers, a memory, a reset, an output that is constant, a register that becomes 1.
DESIGN = """module top(input clk, input rst, input en, input [3:0] d, output reg [7:0] q,
           output reg up, output [1:0] resp, output [3:0] word);
  assign resp = {up, 1'b0};
  hawx_rom #(.WIDTH(4), .DEPTH(16), .ADDRESS_WIDTH(4), .INIT_FILE("rom.hex")) rom (
    .clk(clk), .read_enable(en), .read_address(q[3:0]), .read_data(word));
  always @(posedge clk) begin
    if (rst) q <= 0; else if (en) q <= q * 3 + {word, d};
    if (rst) up <= 0; else up <= 1;
  end
endmodule
"""


def tiny_build(
    folder: Path,
    *,
    design: str = DESIGN,
    technology: Callable[[], Technology] = lambda: load("generic45"),
    **accelerator: object,
) -> Build:
    """A build folder of a design of a few lines, synthesized; it has no plan and no images."""
    write_text(folder / "rtl" / "top.v", design)
    shutil.copy(rtl_templates() / "hawx_rom.v", folder / "rtl")
    write_text(folder / "rtl" / "filelist.f", "hawx_rom.v\ntop.v\n")
    write_text(folder / "mem" / "rom.hex", "".join(f"{word:x}\n" for word in range(16)))

    def none() -> Any:
        raise AssertionError("this design has no plan")

    build = Build(
        folder=folder,
        config=Config.model_validate({**CONFIG, "accelerator": accelerator}),
        base=Path(),
        program=SimpleNamespace(top="top"),  # type: ignore[arg-type]
        technology=technology,
        plan=none,
        images=lambda count: none(),
    )
    return _synthesized(build, None)


def synthesized_build(folder: Path, store: Store, **options: Any) -> Build:
    """As :func:`~tests.flows.builds.small_build`, with the netlist of the stage ``synth``."""
    return _synthesized(small_build(folder, **options), store)


def _synthesized(build: Build, store: Store | None) -> Build:
    accelerator = build.config.accelerator
    clock = accelerator.clock_mhz
    (mapped,) = map_designs(
        [({str(path): path.read_text() for path in build.sources}, build.program.top)],
        build.technology(),
        period_ns=None if clock is None else 1000 / clock,
        clock_gating=accelerator.clock_gating,
        jobs=2,
        store=store,
    )
    write_text(build.folder / "netlist.v", mapped.verilog)
    return build
