"""Models of cells, against what the vendors' libraries say of them.

Block RAMs in all their widths are compared with real netlists in ``test_memories.py``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import pytest

from hawx_hw.flows.fpga.cells import CELLS, multiplexed, ram_bits
from hawx_hw.flows.fpga.netlist import UNKNOWN, Cell

X = UNKNOWN


def output(
    family: str, cell: Cell, inputs: Mapping[str, int], port: str = "O", index: int = 0
) -> int:
    def read(name: str, at: int) -> np.ndarray:
        return np.array([inputs.get(name, 0) if name in inputs else X], np.uint8)

    return int(CELLS[family][cell.kind](cell, port, index, read)[0])


@pytest.mark.parametrize(
    ("family", "kind", "parameter", "names"),
    [
        ("ecp5", "LUT4", "INIT", "A B C D"),
        ("ice40", "SB_LUT4", "LUT_INIT", "I0 I1 I2 I3"),
        ("gowin", "LUT3", "INIT", "I0 I1 I2"),
    ],
)
def test_a_look_up_table_has_its_entries(
    family: str, kind: str, parameter: str, names: str
) -> None:
    inputs = names.split()
    table = random.Random(0).getrandbits(1 << len(inputs))
    cell = Cell("", kind, {parameter: format(table, "b")}, {})
    for entry in range(1 << len(inputs)):
        values = {name: entry >> place & 1 for place, name in enumerate(inputs)}
        assert output(family, cell, values) == table >> entry & 1


def test_an_unknown_input_matters_only_where_the_output_depends_on_it() -> None:
    cell = Cell("", "LUT4", {"INIT": format(0b1000_1000_1000_1000, "b")}, {})  # A and B
    assert output("ecp5", cell, {"A": 0, "B": X, "C": X, "D": X}) == 0
    assert output("ecp5", cell, {"A": 1, "B": X, "C": X, "D": X}) == X
    assert output("ecp5", cell, {"A": 1, "B": 1, "C": X, "D": X}) == 1


def test_a_multiplexer_with_an_unknown_select_has_what_both_inputs_have() -> None:
    select, low, high = (np.array(values, np.uint8) for values in zip(*[
        (0, 0, 1), (1, 0, 1), (X, 0, 1), (X, 1, 1), (X, X, X), (0, X, 1),
    ], strict=True))  # fmt: skip
    assert multiplexed(select, low, high).tolist() == [0, 1, X, 1, X, X]


@pytest.mark.parametrize(
    ("enable", "mux", "expected"),
    [(1, "CE", 1), (0, "CE", X), (0, "INV", 1), (1, "INV", X), (0, "1", 1), (X, "CE", X)],
)
def test_a_register_of_the_ecp5_holds_unless_it_is_enabled(
    enable: int, mux: str, expected: int
) -> None:
    cell = Cell("", "TRELLIS_FF", {"CEMUX": mux}, {"CE": [2], "DI": [3]})
    assert output("ecp5", cell, {"DI": 1, "CE": enable}) == expected


@pytest.mark.parametrize(
    ("reset", "parameters", "expected"),
    [
        (0, {}, 1),
        (1, {}, 0),
        (1, {"REGSET": "SET"}, 1),
        (0, {"LSRMUX": "INV"}, 0),
        (X, {}, X),
    ],
)
def test_a_register_of_the_ecp5_is_reset(
    reset: int, parameters: dict[str, str], expected: int
) -> None:
    cell = Cell("", "TRELLIS_FF", parameters, {"DI": [3], "LSR": [4]})
    assert output("ecp5", cell, {"DI": 1, "LSR": reset}) == expected


@pytest.mark.parametrize(
    ("family", "kind", "enable", "reset", "level"),
    [
        ("ice40", "SB_DFFESR", "E", "R", 0),
        ("ice40", "SB_DFFESS", "E", "S", 1),
        ("gowin", "DFFRE", "CE", "RESET", 0),
        ("gowin", "DFFSE", "CE", "SET", 1),
    ],
)
def test_registers_hold_and_are_reset(
    family: str, kind: str, enable: str, reset: str, level: int
) -> None:
    cell = Cell("", kind, {}, {"D": [2], enable: [3], reset: [4]})
    assert output(family, cell, {"D": 1 - level, enable: 1, reset: 0}) == 1 - level
    assert output(family, cell, {"D": 1 - level, enable: 0, reset: 0}) == X
    assert output(family, cell, {"D": 1 - level, enable: 1, reset: 1}) == level


def test_a_block_ram_of_the_ecp5_has_18_of_20_bits() -> None:
    generator = random.Random(1)
    words = [generator.getrandbits(18) for _ in range(1024)]
    parameters = {
        f"INITVAL_{row:02X}": "".join(
            format(word, "020b") for word in reversed(words[16 * row : 16 * row + 16])
        )
        for row in range(64)
    }
    bits = ram_bits(Cell("", "DP16KD", parameters, {}))
    assert bits.shape == (18432,)
    weights = 1 << np.arange(18)
    assert (bits.reshape(1024, 18) * weights).sum(axis=1).tolist() == words
