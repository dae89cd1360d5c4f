"""Simulates the Verilog of many blocks at once, on all 65,536 pairs of operands."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hawx_hw.errors import VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.simulation.build import make_program, run_tool, tool_variables
from hawx_hw.simulation.simulators import Simulator, find_simulator
from hawx_hw.util.plain_paths import plain_path
from hawx_hw.util.quoting import verilog_name
from hawx_hw.util.scratch import scratch_folder

__all__ = ["UndefinedProducts", "product_tables"]

_TOP = "hawx_products"
_WORD = 32
#: Verilator makes an array of a port of more than two words, and a number of a narrower one.
_FEWEST_WORDS = 3

_MAIN = """\
#include <cstdint>
#include <cstdio>
#include "Vproducts.h"
#include "verilated.h"

int main(int count, char** arguments) {
  VerilatedContext context;
  context.commandArgs(count, arguments);
  Vproducts dut{&context};
  std::FILE* file = std::fopen("products.bin", "wb");
  if (!file) return 1;
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      dut.a = a & 255;
      dut.b = b & 255;
      dut.eval();
      for (int word = 0; word < WORDS; ++word) {
        const std::uint32_t product = dut.products[word];
        if (std::fwrite(&product, sizeof product, 1, file) != 1) return 1;
      }
    }
  }
  dut.final();
  return std::fclose(file) ? 1 : 0;
}
"""
_TESTBENCH = """\
module hawx_testbench;
  reg signed [7:0] a, b;
  wire [{last}:0] products;
  hawx_products dut(.a(a), .b(b), .products(products));
  integer file, x, y;
  initial begin
    file = $fopen("products.bin", "wb");
    for (x = -128; x < 128; x = x + 1)
      for (y = -128; y < 128; y = y + 1) begin
        a = x;
        b = y;
        #1 $fwrite(file, "%z", products);
      end
    $fclose(file);
    $finish;
  end
endmodule
"""


class UndefinedProducts(VerificationError):
    """Some products of a design are undefined, or not driven.

    Parameters
    ----------
    top : str
        The design's module.
    pairs : ndarray of bool
        ``(256, 256)``, indexed ``[a + 128, b + 128]``: the operands whose product is undefined.
    """

    def __init__(self, top: str, pairs: np.ndarray):
        self.top = top
        self.pairs = pairs
        a, b = np.argwhere(pairs)[0] - 128
        others = int(pairs.sum()) - 1
        rest = f", and for {others:,} other pairs of operands" if others else ""
        super().__init__(f"The product of {top} is undefined for a = {a}, b = {b}{rest}")


def product_tables(
    designs: Sequence[BlockVerilog],
    *,
    simulator: Simulator | None = None,
) -> np.ndarray:
    """What each design puts out for every pair of operands.

    One simulation is compiled for all of them. Icarus has undefined bits, which are refused;
    Verilator has none, and puts random values in their place.

    Parameters
    ----------
    designs : sequence of BlockVerilog
        Their modules have different names, or are equal.
    simulator : Simulator or None
        Verilator, or Icarus where that is not usable, if left out.

    Returns
    -------
    ndarray of int32
        ``(designs, 256, 256)``, indexed ``[design, a + 128, b + 128]``.

    Raises
    ------
    ValueError
        Two files have one name and not one text.
    UndefinedProducts
        Some products are undefined; only Icarus shows it.
    VerificationError
        The simulator does not accept the Verilog.
    """
    if not designs:
        return np.zeros((0, 256, 256), dtype=np.int32)
    simulator = simulator or find_simulator()
    words = max(len(designs), _FEWEST_WORDS)
    with scratch_folder("blocks") as folder:
        sources = _write(designs, words, folder)
        try:
            if simulator.name == "verilator":
                products = _verilator(simulator, list(sources), words, folder)
            else:
                products = _icarus(simulator, list(sources), designs, words, folder)
        except UndefinedProducts:
            raise
        except VerificationError as error:
            raise VerificationError(_with_names(str(error), sources)) from error
    table = products[:, : len(designs)].T.reshape(len(designs), 256, 256)
    return np.ascontiguousarray(table, dtype=np.int32)


def _with_names(text: str, sources: Mapping[Path, str]) -> str:
    """What a tool wrote, with the designs' names of files for those of the copies it read."""
    for path, name in sources.items():
        for shown in (str(path.resolve()), str(path), path.name):
            text = text.replace(shown, name)
    return text


def _write(designs: Sequence[BlockVerilog], words: int, folder: Path) -> dict[Path, str]:
    """Copies of the designs' files, and what the designs call them."""
    files: dict[str, str] = {}
    for design in designs:
        for name, text in design.files.items():
            if files.setdefault(name, text) != text:
                raise ValueError(f"Two Verilog files are named {name!r}")
    lines = [f"module {_TOP}(input [7:0] a, b, output [{_WORD * words - 1}:0] products);"]
    for number, design in enumerate(designs):
        bits = design.product_bits
        wide = f"{{{{{_WORD - bits}{{p{number}[{bits - 1}]}}}}, p{number}}}"
        lines += [
            f"  wire [{bits - 1}:0] p{number};",
            f"  {verilog_name(design.top)} u{number}(.a(a), .b(b), .product(p{number}));",
            f"  assign products[{_WORD * number} +: {_WORD}] = {wide};",
        ]
    if words > len(designs):
        rest = words - len(designs)
        lines.append(f"  assign products[{_WORD * words - 1} -: {_WORD * rest}] = 0;")
    files[f"{_TOP}.v"] = "\n".join([*lines, "endmodule", ""])
    paths = {}
    for number, (name, text) in enumerate(files.items()):
        # Numbers for names: a module's name may be longer than a file's may.
        path = folder / f"source_{number}{Path(name).suffix}"
        path.write_text(text, "utf-8")
        paths[path] = name
    return paths


def _verilator(
    simulator: Simulator, sources: Sequence[Path], words: int, folder: Path
) -> np.ndarray:
    main = folder / "main.cpp"
    main.write_text(_MAIN.replace("WORDS", str(words)), "utf-8")
    build = folder / "build"
    build.mkdir()
    command = [
        *(str(plain_path(simulator.executable, build)), "-cc", "--exe", "--vpi"),
        *("-Mdir", str(build), "--prefix", "Vproducts", "--top-module", _TOP, "-o", "products"),
        # One C++ file: Verilator's makefile cannot compile several together in every installation.
        *("--output-split", "0"),
        # What may be undefined is random, so that it differs from what is expected.
        *("--x-assign", "unique", "--x-initial", "unique"),
        # Here it counts what the Verilog does; how it is written is linted with the accelerator.
        *("-Wno-fatal", "-Wno-lint", "-Wno-style", "-Wno-MULTITOP"),
        str(main),
        *map(str, sources),
    ]
    run_tool(command, build, tool_variables(simulator, build), "Verilator")
    # 65,536 steps do not repay the compiler's optimization.
    make_program(simulator, build, prefix="Vproducts", program="products", optimize="-O0")
    run_tool(
        [str(build / "products"), "+verilator+rand+reset+2", "+verilator+seed+1"],
        folder,
        {},
        "The simulation",
    )
    products = np.fromfile(folder / "products.bin", dtype=np.uint32)
    return products.view(np.int32).reshape(256 * 256, words)


def _icarus(
    simulator: Simulator,
    sources: Sequence[Path],
    designs: Sequence[BlockVerilog],
    words: int,
    folder: Path,
) -> np.ndarray:
    bench = folder / "testbench.v"
    bench.write_text(_TESTBENCH.format(last=_WORD * words - 1), "utf-8")
    # In SystemVerilog a variable's initial value is no event for the blocks that wait for it.
    language = "-g2012" if any(path.suffix == ".sv" for path in sources) else "-g2005"
    command = [
        *(
            str(plain_path(simulator.executable, folder)),
            language,
            "-s",
            "hawx_testbench",
            "-o",
            "products.vvp",
        ),
        *map(str, (*sources, bench)),
    ]
    run_tool(command, folder, {}, "Icarus Verilog")
    runtime = shutil.which("vvp") or "vvp"
    run_tool([runtime, "products.vvp"], folder, {}, "The simulation")
    # Pairs of words: the value, and which of its bits are undefined or not driven.
    pairs = np.fromfile(folder / "products.bin", dtype=np.uint32).reshape(256 * 256, words, 2)
    undefined = pairs[:, : len(designs), 1] != 0
    if undefined.any():
        number = int(np.flatnonzero(undefined.any(axis=0))[0])
        raise UndefinedProducts(designs[number].top, undefined[:, number].reshape(256, 256))
    return np.ascontiguousarray(pairs[:, :, 0]).view(np.int32)
