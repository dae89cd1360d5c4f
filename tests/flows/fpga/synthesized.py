"""Small designs that Yosys synthesized for an FPGA, with the script of the flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.flows.fpga.netlist import Netlist
from hawx_hw.flows.fpga.yosys import script_command
from hawx_hw.flows.templates import write_template
from hawx_hw.util.environment import python_path
from hawx_hw.util.processes import run
from hawx_hw.util.resources import rtl_templates

COMMANDS = {
    "ecp5": "synth_ecp5",
    "gowin": "synth_gowin -family gw2a",
    "ice40": "synth_ice40 -device u -spram",
}
MACROS = ("hawx_rom.v", "hawx_sp_ram.v", "hawx_sdp_ram.v")


@dataclass(frozen=True)
class Synthesized:
    """What the script wrote into ``folder``."""

    folder: Path
    log: str

    @property
    def netlist(self) -> Netlist:
        return Netlist.read(self.folder / "netlist.json", "hawx_top")

    @property
    def unmapped(self) -> Netlist:
        return Netlist.read(self.folder / "unmapped.json", "hawx_top")

    @property
    def writable(self) -> str:
        return (self.folder / "writable.txt").read_text()


def synthesize(
    family: str,
    folder: Path,
    verilog: str,
    files: Mapping[str, Sequence[int]],
    *,
    style: str | None = None,
    block_words: int = 0,
) -> Synthesized:
    """Synthesize a module ``hawx_top``.

    ``files`` are those of its read-only memories; ``style`` is asked for all others.
    """
    folder.mkdir()
    for name in MACROS:
        text = (rtl_templates() / name).read_text()
        if style and name != "hawx_rom.v":
            asked = text.replace(
                "reg [WIDTH-1:0] words", f'(* ram_style = "{style}" *) reg [WIDTH-1:0] words'
            )
            assert asked != text
            text = asked
        (folder / name).write_text(text)
    (folder / "hawx_top.v").write_text(verilog)
    for name, words in files.items():
        (folder / name).write_text("".join(f"{word:x}\n" for word in words))
    write_template(
        folder / "synth.ys", "common", "fpga_synth.ys.j2",
        sources=[*MACROS, "hawx_top.v"], top="hawx_top", synthesis=COMMANDS[family],
        hierarchy="hierarchy.json", unmapped="unmapped.json", writable="writable.txt",
        netlist="netlist.json", block_words=block_words,
    )  # fmt: skip
    done = run(
        script_command("synth.ys"), tool="Yosys", limit=300, folder=folder, variables=python_path()
    )
    assert done.status == 0, done.output[-2000:]
    return Synthesized(folder, done.output)
