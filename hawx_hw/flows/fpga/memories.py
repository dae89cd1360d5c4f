"""What became of a design's memories: contents read back word by word, and none in flip-flops."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hawx_hw.flows.fpga.cells import CELLS
from hawx_hw.flows.fpga.netlist import UNKNOWN, CellModel, Netlist
from hawx_hw.flows.result import Check
from hawx_hw.util.files import read_text
from hawx_hw.util.macros import DEPTH, INIT_FILE, READ_DATA, ROM, WIDTH

__all__ = [
    "ReadOnlyMemory",
    "check_contents",
    "check_read_back",
    "check_writable",
    "read_only_memories",
    "read_words",
]

_Content = TypeVar("_Content", bound=Hashable)
#: Lines of Yosys's log about a memory that is mapped: to a RAM, or to flip-flops.
_MAPPED = re.compile(r"^mapping memory \S+?\.(\S+) via (\S+)$", re.MULTILINE)
_FLIP_FLOPS = re.compile(r"^using FF mapping for memory \S+?\.(\S+)$", re.MULTILINE)
#: Of names in a check's detail.
_SHOWN = 3


@dataclass(frozen=True)
class ReadOnlyMemory:
    """A ``hawx_rom`` of a design.

    Parameters
    ----------
    path : str
        Its instance in the top, such as ``"accelerator.core.program.macro"``.
    width, depth : int
        Bits of a word, and words.
    file : str
        With its words, in the flow's folder.
    """

    path: str
    width: int
    depth: int
    file: str


def read_only_memories(path: Path, top: str) -> list[ReadOnlyMemory]:
    """The read-only memories of a design.

    Parameters
    ----------
    path : Path
        The design in Yosys's JSON, its hierarchy resolved and not dissolved.
    top : str
    """
    modules = json.loads(read_text(path))["modules"]
    return list(_memories(modules, top, ""))


def _memories(modules: Mapping[str, Any], name: str, path: str) -> Iterator[ReadOnlyMemory]:
    parameters = modules[name].get("parameter_default_values", {})
    if _plain(name) == ROM.kind:
        yield ReadOnlyMemory(
            path, int(parameters[WIDTH], 2), int(parameters[DEPTH], 2), parameters[INIT_FILE]
        )
    for instance, cell in modules[name].get("cells", {}).items():
        if cell["type"] in modules:
            yield from _memories(modules, cell["type"], f"{path}.{instance}".lstrip("."))


def _plain(module: str) -> str:
    """A module's name without the parameters that Yosys put before or behind it."""
    name = module.rsplit("\\", 1)[-1] if module.startswith("$paramod$") else module
    return name.removeprefix("$paramod\\").split("\\")[0]


def read_words(
    netlist: Netlist, memory: ReadOnlyMemory, models: Mapping[str, CellModel]
) -> NDArray[np.uint8]:
    """The words that a netlist reads from a memory.

    The netlist is evaluated for every address at once, as it is after the clock edge of a read.

    Returns
    -------
    ndarray of uint8, shape (depth, width)
        Bits, the lowest first; :data:`~.netlist.UNKNOWN` where it does not follow.
    """
    ports = {
        port: netlist.nets.get(f"{memory.path}.{port}")
        for port in (ROM.read_enable, ROM.read_address, READ_DATA)
    }
    enable, address, data = ports[ROM.read_enable], ports[ROM.read_address], ports[READ_DATA]
    if enable is None or address is None or data is None:
        return np.full((memory.depth, memory.width), UNKNOWN, np.uint8)
    addresses = np.arange(memory.depth)
    given = {bit: (addresses >> place & 1).astype(np.uint8) for place, bit in enumerate(address)}
    given |= {bit: np.ones(memory.depth, np.uint8) for bit in enable}
    return netlist.evaluate(data, given, memory.depth, models).T


def check_contents(
    netlist: Netlist,
    unmapped: Netlist,
    memories: Sequence[ReadOnlyMemory],
    folder: Path,
    log: str,
    models: Mapping[str, CellModel],
) -> Check:
    """Compare all words of the read-only memories with their files.

    What is in RAM is read back from the netlist, every bit. A memory that Yosys made logic of is
    compared as it was before; its bits in the netlist must not contradict, but need not follow from
    its address alone, since its logic and that around it become one.

    Parameters
    ----------
    netlist, unmapped : Netlist
        The result, and the design before its memories were mapped.
    memories : sequence of ReadOnlyMemory
    folder : Path
        With the files; each ``.hex`` in it must be that of a memory.
    log : str
        Yosys's.
    models : mapping of str to CellModel
        Of the netlist's cells.
    """
    name = "read-only memories contain their files, word by word"
    unread = {path.name for path in folder.glob("*.hex")} - {memory.file for memory in memories}
    if unread:
        detail = f"in no memory of the design: {', '.join(sorted(unread)[:_SHOWN])}"
        return Check(name=name, passed=False, detail=detail)
    if not memories:
        return Check(name=name, passed=True, detail="there is none: the parameters are loaded")
    in_ram = {memory.rpartition(".")[0] for memory, _ in _MAPPED.findall(log)}
    words, wrong = {True: 0, False: 0}, []
    for memory in memories:
        expected = _file_bits(folder / memory.file, memory)
        read = read_words(netlist, memory, models)
        differs = read != expected
        if memory.path not in in_ram:
            before = read_words(unmapped, memory, CELLS["yosys"])
            differs = (differs & (read != UNKNOWN)) | (before != expected)
        words[memory.path in in_ram] += memory.depth
        if differs.any():
            number = int(differs.any(axis=1).sum())
            wrong.append(f"{memory.file}: {number} of {memory.depth} words differ")
    if wrong:
        return Check(name=name, passed=False, detail="; ".join(wrong[:_SHOWN]))
    return Check(
        name=name,
        passed=True,
        detail=f"{words[True]:,} words in RAM, {words[False]:,} in logic, of {len(memories)} files",
    )


def check_read_back(expected: Counter[_Content], read: Counter[_Content]) -> Check:
    """Compare the contents of block RAMs, as often as each is there.

    Parameters
    ----------
    expected : Counter
        Of the netlist's block RAMs.
    read : Counter
        Of those of the bitstream.
    """
    missing = (expected - read).total()
    return Check(
        name="the bitstream has the netlist's block RAMs",
        passed=expected == read,
        detail=f"{expected.total() - missing} of {expected.total()}, read back from it",
    )


def _file_bits(path: Path, memory: ReadOnlyMemory) -> NDArray[np.uint8]:
    """The words of a file, shape (depth, width); words that are not there are unknown."""
    bits = np.full((memory.depth, memory.width), UNKNOWN, np.uint8)
    for word, text in zip(range(memory.depth), read_text(path).split(), strict=False):
        number = int(text, 16)
        bits[word] = [number >> place & 1 for place in range(memory.width)]
    return bits


def check_writable(writable: str, log: str) -> Check:
    """Look at what every memory became that is written: none may be in flip-flops.

    Parameters
    ----------
    writable : str
        Names of the memories with a write port, one a line, as Yosys's ``select -list`` gives
        them: the module, a slash, the memory.
    log : str
        Yosys's.
    """
    name = "no memory that is written is in flip-flops"
    memories = [line.split("/", 1)[1] for line in writable.split() if "/" in line]
    mapped = dict(_MAPPED.findall(log))
    registers = set(_FLIP_FLOPS.findall(log))
    wrong = [
        f"{memory} is in flip-flops"
        if memory in registers
        else f"the log does not state what {memory} is in"
        for memory in memories
        if memory in registers or memory not in mapped
    ]
    if not memories:
        wrong = ["no memory was seen"]
    if wrong:
        return Check(name=name, passed=False, detail="; ".join(wrong[:_SHOWN]))
    kinds = sorted({mapped[memory].strip("$_") for memory in memories})
    return Check(
        name=name, passed=True, detail=f"{len(memories)} memories are in {' and '.join(kinds)}"
    )
