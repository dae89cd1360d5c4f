"""Runs programs on the Verilog of a unit, compiled by Verilator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.architectures.simt.gateware.core import SimtCore
from hawx_hw.architectures.simt.gateware.names import (
    ACTIVATIONS,
    FRONT_END,
    PREDICATES,
    REGISTER_FILE,
    SCALARS,
)
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.simulation.build import make_program, run_tool, tool_variables
from hawx_hw.simulation.simulators import Simulator, find_simulator
from hawx_hw.util.resources import rtl_templates
from tests.architectures.simt.gateware.engines import values_of
from tests.architectures.simt.hardware.shape import Shape
from tests.architectures.simt.programs import Case

__all__ = ["Hardware", "Run"]

_HARNESS = Path(__file__).with_name("harness.cpp")
_NEVER = (1 << 32) - 1
_INSTANCE = re.compile(r"^  \\?([\w.]+) +([\w.]+) \($", re.MULTILINE)
#: What the harness looks at.
_VISIBLE = """\
`verilator_config
public_flat_rd -module "hawx_front_end" -var "retired"
public_flat_rd -module "hawx_front_end" -var "own_pc_*"
public_flat_rw -module "hawx_predicates" -var "p*_of_*"
public_flat_rw -module "hawx_sdp_ram" -var "words"
"""


@dataclass(frozen=True, eq=False)
class Run:
    """What a unit did.

    Parameters
    ----------
    cycles : int
        In which it was busy.
    done : int or None
        Cycle of ``done``.
    released : int or None
        Cycle in which the image was released.
    trap : tuple of int or None
        Cause, warp, address, value and cycle.
    retired : tuple of (int, int, int)
        Cycle, warp and address of each instruction that ended.
    layers : tuple of (int, int)
        Cycle of each end of a layer, and its number.
    activations, result : ndarray of int8, shape (words, L)
    scalars : ndarray of int64, shape (warps, 16)
    predicates : ndarray of bool, shape (warps, 4, lanes)
    registers : ndarray of int64, shape (warps, registers, lanes)
    """

    cycles: int
    done: int | None
    released: int | None
    trap: tuple[int, ...] | None
    retired: tuple[tuple[int, int, int], ...]
    layers: tuple[tuple[int, int], ...]
    activations: np.ndarray
    result: np.ndarray
    scalars: np.ndarray
    predicates: np.ndarray
    registers: np.ndarray


class Hardware:
    """A compiled unit, with its parameters loaded.

    Parameters
    ----------
    shape : Shape
    folder : Path
        For the Verilog and what is compiled from it.
    optimize : str
        The C++ compiler's option.
    """

    def __init__(self, shape: Shape, folder: Path, *, optimize: str = "-O1"):
        self.shape, self._folder = shape, folder
        signature = shape.signature()
        self._widths = [width for width, _ in signature.memories]
        folder.mkdir(parents=True, exist_ok=True)
        emission = Emission()
        emission.define("hawx_core", SimtCore(shape.program, signature, banks=shape.banks))
        self._modules = verilog_modules(emission)
        for name, text in self._modules.items():
            (folder / f"{name}.v").write_text(text, "utf-8")
        self._compile(find_simulator("verilator"), optimize)

    # The program of the simulation ------------------------------------------------------------

    def _compile(self, simulator: Simulator, optimize: str) -> None:
        folder = self._folder
        (folder / "visible.vlt").write_text(_VISIBLE, "utf-8")
        build = folder / "build"
        build.mkdir(exist_ok=True)
        (build / "shape.h").write_text(self._header(), "utf-8")
        command = [
            *(str(simulator.executable), "-cc", "--exe", "--vpi", "-Mdir", str(build)),
            *("--prefix", "Vunit", "--top-module", "hawx_core", "-o", "unit"),
            *("--output-split", "0"),
            # What nobody sets is random.
            *("--x-assign", "unique", "--x-initial", "unique"),
            *("-Wno-fatal", "-Wno-lint", "-Wno-style"),
            *map(str, (_HARNESS, folder / "visible.vlt")),
            *map(str, sorted(folder.glob("*.v"))),
            *map(str, sorted(rtl_templates().glob("*.v"))),
        ]
        run_tool(command, build, tool_variables(simulator, build), "Verilator")
        make_program(simulator, build, prefix="Vunit", program="unit", optimize=optimize)

    def _header(self) -> str:
        unit = self.shape.unit
        numbers = {
            "WARPS": unit.warps,
            "REGISTERS": unit.registers,
            "ACTIVATION_WORDS": unit.activation_words,
            "RESULT_WORDS": unit.result_words,
            "WORD_WORDS": _words(8 * unit.word),
            "PARAMETER_WORDS": _words(max(self._widths)),
        }
        paths = {name: f"{self._path(name)}." for name in (FRONT_END, PREDICATES)}
        names = {
            "FRONT_END": paths[FRONT_END],
            "PREDICATES": paths[PREDICATES],
            "SCALARS_OF": f"{self._path(SCALARS)}.warp_",
            "REGISTERS_OF": f"{self._path(REGISTER_FILE)}.warp_",
            "ACTIVATIONS": self._path(ACTIVATIONS),
        }
        lines = [f"#define {name} {number}" for name, number in numbers.items()]
        lines += [f'#define {name} std::string("{text}")' for name, text in names.items()]
        return "\n".join([*lines, ""])

    def _path(self, kind: str, module: str = "hawx_core", path: str = "TOP.hawx_core") -> str:
        """Where the only instance of a module is."""
        if module == kind:
            return path
        for name, instance in _INSTANCE.findall(self._modules[module]):
            if name in self._modules:
                below = self._path(kind, name, f"{path}.{instance}")
                if below:
                    return below
        return ""

    # Runs -------------------------------------------------------------------------------------

    def run(self, cases: Sequence[Case], *, limit: int = 20_000, seed: int = 1) -> list[Run]:
        """Run programs that fit the shape, one after the other."""
        words: list[int] = [len(cases)]
        for number, case in enumerate(cases):
            # Some cycles pass before the next one.
            words += [*self._given(case, limit), number * 7 % 19]
        np.array(words, dtype=np.uint32).tofile(self._folder / "programs.bin")
        run_tool(
            [
                str(self._folder / "build" / "unit"),
                "+verilator+rand+reset+2",
                f"+verilator+seed+{seed}",
            ],
            self._folder,
            {},
            "The simulation",
        )
        reader = _Reader(np.fromfile(self._folder / "runs.bin", dtype=np.uint32))
        runs = [self._taken(reader) for _ in cases]
        assert reader.place == len(reader.words)
        return runs

    def _given(self, case: Case, limit: int) -> list[int]:
        unit, count = self.shape.unit, _words(max(self._widths))
        words = [0]
        for number, memory in enumerate(parameter_memories(case.program, self.shape.banks)):
            for address, word in enumerate(memory.words):
                words += [number, address, *_split(word, count)]
            words[0] += len(memory.words)
        bytes_ = np.zeros((unit.activation_words, 4 * _words(8 * unit.word)), dtype=np.uint8)
        bytes_[: len(case.activations), : unit.word] = case.activations.view(np.uint8)
        words += bytes_.view(np.uint32).ravel().tolist()
        return [*words, case.result_free, case.watchdog, limit]

    def _taken(self, reader: _Reader) -> Run:
        unit = self.shape.unit
        cycles, finished, released, trapped = reader.take(4).tolist()
        trap = tuple(reader.take(5).tolist())
        retired = reader.take(3 * reader.one()).reshape(-1, 3).tolist()
        layers = reader.take(2 * reader.one()).reshape(-1, 2).tolist()
        activations = self._codes(reader, unit.activation_words)
        result = self._codes(reader, unit.result_words)
        scalars = reader.take(16 * unit.warps).reshape(unit.warps, 16).astype(np.int64)
        lanes = [
            values_of(reader.big(_words(unit.lanes)), 1, unit.lanes) for _ in range(3 * unit.warps)
        ]
        predicates = np.ones((unit.warps, 4, unit.lanes), dtype=bool)
        predicates[:, 1:] = np.array(lanes, dtype=bool).reshape(unit.warps, 3, unit.lanes)
        return Run(
            cycles,
            None if finished == _NEVER else finished,
            None if released == _NEVER else released,
            trap if trapped else None,
            tuple(tuple(each) for each in retired),
            tuple(tuple(each) for each in layers),
            activations,
            result,
            scalars,
            predicates,
            self._registers(reader),
        )

    def _codes(self, reader: _Reader, depth: int) -> np.ndarray:
        count = _words(8 * self.shape.unit.word)
        words = reader.take(depth * count).reshape(depth, count)
        return np.ascontiguousarray(words).view(np.int8)[:, : self.shape.unit.word]

    def _registers(self, reader: _Reader) -> np.ndarray:
        unit = self.shape.unit
        bits = unit.register_bits
        count = _words(bits * unit.lanes)
        words = reader.take(unit.warps * unit.registers * count).reshape(-1, count)
        each = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        each = each[:, : bits * unit.lanes].reshape(unit.warps, unit.registers, unit.lanes, bits)
        weights = 1 << np.arange(bits, dtype=np.int64)
        weights[-1] = -weights[-1]
        return each.astype(np.int64) @ weights


class _Reader:
    def __init__(self, words: np.ndarray):
        self.words, self.place = words, 0

    def take(self, count: int) -> np.ndarray:
        self.place += count
        return self.words[self.place - count : self.place]

    def one(self) -> int:
        return int(self.take(1)[0])

    def big(self, count: int) -> int:
        return sum(word << 32 * n for n, word in enumerate(self.take(count).tolist()))


def _words(bits: int) -> int:
    return -(-bits // 32)


def _split(word: int, count: int) -> list[int]:
    return [word >> 32 * n & _NEVER for n in range(count)]
