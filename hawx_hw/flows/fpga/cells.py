"""What the cells of FPGAs compute from which the words of a read-only memory are read back.

A model gives a cell's output after one clock edge: a register passes on its input where it is
enabled. The layouts of block RAMs follow the vendors' cell libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hawx_hw.flows.fpga.netlist import UNKNOWN, Cell, CellModel, Values

__all__ = ["CELLS", "multiplexed", "ram_bits"]

_Read = Callable[[str, int], Values]


def multiplexed(select: Values, low: Values, high: Values) -> Values:
    """``high`` where ``select`` is 1, ``low`` where it is 0; where it is unknown, what both are."""
    either = np.where(low == high, low, UNKNOWN)
    return np.choose(select, (low, high, either)).astype(np.uint8)


def _table(inputs: Sequence[str], initial: str) -> CellModel:
    """A look-up table: entry ``i`` is the output for the inputs that are the bits of ``i``."""

    def model(cell: Cell, port: str, index: int, read: _Read) -> Values:
        table = cell.number(initial)
        values = [read(name, 0) for name in inputs]
        parts = [np.full_like(values[0], table >> entry & 1) for entry in range(1 << len(inputs))]
        for value in values:
            parts = [
                multiplexed(value, parts[entry], parts[entry + 1])
                for entry in range(0, len(parts), 2)
            ]
        return parts[0]

    return model


def _multiplexer(low: str, high: str, select: str) -> CellModel:
    def model(cell: Cell, port: str, index: int, read: _Read) -> Values:
        return multiplexed(read(select, 0), read(low, 0), read(high, 0))

    return model


def _constant(value: int) -> CellModel:
    def model(cell: Cell, port: str, index: int, read: _Read) -> Values:
        return np.full_like(read("", 0), value)

    return model


def _register(data: str, enable: str, reset: str, reset_value: int) -> CellModel:
    """A register: unknown where it is not enabled, its reset value where it is reset."""

    def model(cell: Cell, port: str, index: int, read: _Read) -> Values:
        values = read(data, 0)
        if enable and enable in cell.connections:
            values = np.where(read(enable, 0) == 1, values, UNKNOWN).astype(np.uint8)
        if reset and reset in cell.connections:
            values = multiplexed(read(reset, 0), values, np.full_like(values, reset_value))
        return values

    return model


def _ecp5_register(cell: Cell, port: str, index: int, read: _Read) -> Values:
    values = read("DI", 0)
    unknown = np.full_like(values, UNKNOWN)
    enable = {"1": np.ones_like(values), "0": np.zeros_like(values)}.get(
        str(cell.parameters.get("CEMUX", "1"))
    )
    if enable is None:
        enable = read("CE", 0)
        if cell.parameters["CEMUX"] == "INV":
            enable = multiplexed(enable, np.ones_like(values), np.zeros_like(values))
    values = multiplexed(enable, unknown, values)
    if "LSR" not in cell.connections:
        return values
    reset = read("LSR", 0)
    if cell.parameters.get("LSRMUX") == "INV":
        reset = multiplexed(reset, np.ones_like(values), np.zeros_like(values))
    level = int(cell.parameters.get("REGSET") == "SET")
    return multiplexed(reset, values, np.full_like(values, level))


def _address(bits: Sequence[Values]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Addresses, the lowest bit first, and whether they are known."""
    stacked = np.stack(bits)
    known = (stacked != UNKNOWN).all(axis=0)
    weights = 1 << np.arange(len(bits), dtype=np.int64)
    return (np.where(known, stacked, 0).astype(np.int64) * weights[:, None]).sum(axis=0), known


def _from_ram(
    content: Values, positions: NDArray[np.int64], known: NDArray[np.bool_], enable: Values
) -> Values:
    return np.where(known & (enable == 1), content[positions], UNKNOWN).astype(np.uint8)


def _initial(cell: Cell, name: str, count: int, width: int) -> Values:
    """Bits of ``count`` parameters of ``width`` bits each, the lowest bit first."""
    parts = []
    for index in range(count):
        text = str(cell.parameters.get(name.format(index), "0" * width)).rjust(width, "0")
        characters = np.frombuffer(text[::-1].encode(), np.uint8)
        parts.append(np.where(characters > ord("1"), UNKNOWN, characters - ord("0")))
    return np.concatenate(parts).astype(np.uint8)


@cache
def _cached_ram(kind: str, content: tuple[tuple[str, str], ...]) -> Values:
    cell = Cell("", kind, MappingProxyType(dict(content)), {})
    if kind == "DP16KD":
        # 18 of each 20 bits are there.
        bits = _initial(cell, "INITVAL_{:02X}", 64, 320)
        return bits.reshape(1024, 20)[:, :18].reshape(-1)
    if kind.startswith("SB_RAM40"):
        return _initial(cell, "INIT_{:X}", 16, 256)
    return _initial(cell, "INIT_RAM_{:02X}", 64, 288 if "9" in kind else 256)


def _ram(cell: Cell) -> Values:
    """The initial content of a block RAM, bit by bit."""
    initial = tuple(
        (name, str(text)) for name, text in cell.parameters.items() if name.startswith("INIT")
    )
    return _cached_ram(cell.kind, initial)


def ram_bits(cell: Cell) -> Values:
    """The bits of a block RAM of any family; what its parameters leave out is 0.

    Of a DP16KD 18,432: word ``w`` of 9 bits begins at ``9 * w``. Of the others as their parameters
    have them, one after the other, each from its lowest bit.
    """
    return np.bitwise_and(_ram(cell), 1, dtype=np.uint8)


def _positions(
    address: NDArray[np.int64], width: int, index: int, *, ninth: bool
) -> NDArray[np.int64]:
    """Where bit ``index`` of a word of ``width`` bits is; address 0 to 16383 counts single bits.

    Words narrower than 9 bits lie in 8 of each 9 bits where a RAM has the ninth.
    """
    if width >= 8:
        words = address >> {8: 3, 9: 3, 16: 4, 18: 4, 32: 5, 36: 5}[width]
        return words * width + index
    byte, bit = address >> 3, (address & 7) // width * width + index
    return byte * (9 if ninth else 8) + bit


def _ecp5_ram(cell: Cell, port: str, index: int, read: _Read) -> Values:
    """DP16KD: 14 address bits a port, of which wide words leave the lowest unused.

    Words of 36 bits are read through the outputs of both ports, at the address of port B.
    """
    side, number = port[2], int(port[3:])
    width = cell.number(f"DATA_WIDTH_{side}", 18)
    if cell.number("DATA_WIDTH_B", 18) == 36:
        number, side, width = number + (18 if side == "B" else 0), "B", 36
    low = {36: 5, 18: 4, 9: 3, 4: 2, 2: 1, 1: 0}[width]
    address, known = _address([read(f"AD{side}{place}", 0) for place in range(low, 14)])
    positions = _positions(address << low, width, number, ninth=True)
    return _from_ram(_ram(cell), positions, known, read(f"CE{side}", 0))


def _gowin_ram(width: str, address: str, enable: str) -> CellModel:
    def model(cell: Cell, port: str, index: int, read: _Read) -> Values:
        bits = cell.number(width)
        low = {1: 0, 2: 1, 4: 2, 8: 3, 9: 3, 16: 4, 18: 4, 32: 5, 36: 5}[bits]
        at, known = _address([read(address, place) for place in range(low, 14)])
        positions = _positions(at << low, bits, index, ninth=False)
        return _from_ram(_ram(cell), positions, known, read(enable, 0))

    return model


def _ice40_ram(cell: Cell, port: str, index: int, read: _Read) -> Values:
    """SB_RAM40_4K: 256 words of 16 bits; narrower words are bits of one that lie apart."""
    mode = cell.number("READ_MODE")
    address, known = _address([read("RADDR", place) for place in range(8 + mode)])
    part = index >> mode << mode
    positions = (address & 255) * 16 + part + (address >> 8)
    enable = read("RE", 0)
    if "RCLKE" in cell.connections:
        enable = np.where(read("RCLKE", 0) == 1, enable, UNKNOWN).astype(np.uint8)
    return _from_ram(_ram(cell), positions, known, enable)


def _gowin_registers() -> dict[str, CellModel]:
    models: dict[str, CellModel] = {}
    for suffix, reset, level in (
        ("", "", 0), ("S", "SET", 1), ("R", "RESET", 0), ("P", "PRESET", 1), ("C", "CLEAR", 0),
    ):  # fmt: skip
        models[f"DFF{suffix}"] = _register("D", "", reset, level)
        models[f"DFF{suffix}E"] = _register("D", "CE", reset, level)
    return models


def _ice40_registers() -> dict[str, CellModel]:
    models: dict[str, CellModel] = {}
    for suffix, reset, level in (
        ("", "", 0),
        ("SS", "S", 1),
        ("SR", "R", 0),
        ("S", "S", 1),
        ("R", "R", 0),
    ):
        models[f"SB_DFF{suffix}"] = _register("D", "", reset, level)
        models[f"SB_DFFE{suffix}"] = _register("D", "E", reset, level)
    return models


def _memory(cell: Cell, port: str, index: int, read: _Read) -> Values:
    """Yosys's own cell of a memory that it has not mapped yet, with or without output registers."""
    width, address_bits = cell.number("WIDTH"), cell.number("ABITS")
    number, bit = divmod(index, width)
    address, known = _address(
        [read("RD_ADDR", number * address_bits + place) for place in range(address_bits)]
    )
    word = address - cell.number("OFFSET")
    known &= (word >= 0) & (word < cell.number("SIZE"))
    content = _initial(cell, "INIT", 1, cell.number("SIZE") * width)
    registered = cell.number("RD_CLK_ENABLE") >> number & 1
    enable = read("RD_EN", number) if registered else np.ones_like(known, np.uint8)
    return _from_ram(content, np.where(known, word * width + bit, 0), known, enable)


def _word_register(cell: Cell, port: str, index: int, read: _Read) -> Values:
    """Yosys's own register of several bits, with or without an enable."""
    values = read("D", index)
    if "EN" not in cell.connections:
        return values
    enabled = read("EN", 0) == cell.number("EN_POLARITY")
    return np.where(enabled, values, UNKNOWN).astype(np.uint8)


#: Models by the flow and the kind of cell; ``yosys``: of a design that is not mapped yet.
CELLS: Mapping[str, Mapping[str, CellModel]] = {
    "yosys": {"$mem_v2": _memory, "$dff": _word_register, "$dffe": _word_register},
    "ecp5": {
        "LUT4": _table("ABCD", "INIT"),
        "PFUMX": _multiplexer("BLUT", "ALUT", "C0"),
        "L6MUX21": _multiplexer("D0", "D1", "SD"),
        "TRELLIS_FF": _ecp5_register,
        "DP16KD": _ecp5_ram,
    },
    "gowin": {
        **{
            f"LUT{count}": _table([f"I{index}" for index in range(count)], "INIT")
            for count in range(1, 5)
        },
        **{
            kind: _multiplexer("I0", "I1", "S0")
            for kind in ("MUX2", "MUX2_LUT5", "MUX2_LUT6", "MUX2_LUT7", "MUX2_LUT8")
        },
        **_gowin_registers(),
        "VCC": _constant(1),
        "GND": _constant(0),
        **{kind: _gowin_ram("BIT_WIDTH", "AD", "CE") for kind in ("SP", "SPX9", "pROM", "pROMX9")},
        **{kind: _gowin_ram("BIT_WIDTH_1", "ADB", "CEB") for kind in ("SDPB", "SDPX9B")},
    },
    "ice40": {
        "SB_LUT4": _table([f"I{index}" for index in range(4)], "LUT_INIT"),
        **_ice40_registers(),
        "SB_RAM40_4K": _ice40_ram,
    },
}
