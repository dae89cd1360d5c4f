"""Directives: the unit, descriptors, arguments, blocks and parameters of a source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.errors import UserError


def program(text: str, unit: str = ".unit lanes=4 warps=2", folder: Path = Path()) -> Program:
    return assemble(f"{unit}\n{text}\nHALT", file="k.s", folder=folder)


def test_every_key_of_a_unit() -> None:
    unit = program(
        "",
        ".unit lanes=16 cluster=4 warps=3 registers=12 word=2 taps=5 requantizers=2 "
        "block_register=1 groups=1,4 register_bits=20 scalar_bits=18 addend_bits=40 "
        "product_bits=50 activation_words=99 result_words=7 loops=1 predicates=0 "
        "instructions=MAC.Z+halt",
    ).unit
    assert unit == Unit(
        16, 4, 3, 12, 2, 5, 2, True, (1, 4), 20, 18, 40, 50, 99, 7, 1, 0, ("HALT", "MAC.z")
    )


def test_every_key_of_a_stream() -> None:
    streams = program(
        ".stream a taps=3 step=-1 x=2 across=2 step=4 x=5 beats step=6 x=7 y=8 down=3 step=9 y=10\n"
        ".stream b kernel_x=2 step=1 x=2 kernel_y=3 step=4 y=5 blocks=6 step=7 groups=1 step=8 x=9 "
        "words=2 step=10 width=11 height=12 pad=-13 selection=14"
    ).streams
    assert streams == (
        Stream(
            taps=3, tap_step=-1, tap_x=2, across=2, across_step=4, across_x=5, beat_step=6,
            beat_x=7, beat_y=8, down=3, down_step=9, down_y=10,
        ),
        Stream(
            kernel_x=2, kernel_x_step=1, kernel_x_x=2, kernel_y=3, kernel_y_step=4, kernel_y_y=5,
            blocks=6, block_step=7, group_step=8, group_x=9, words=2, word_step=10, width=11,
            height=12, pad=-13, selection=14,
        ),
    )  # fmt: skip


def test_every_key_of_a_store() -> None:
    result = program(
        ".store a window=4 shift=39 low=-5 high=6 step=8 lanes=3 groups=1 window_step=-2 "
        "block_step=7 constant_step=0 element_step=9 result\n.store b"
    )
    assert result.stores == (Store(4, 39, -5, 6, 8, 3, 1, -2, 7, 0, 9, True), Store(lanes=4))
    assert result.names.stores == {"a": 0, "b": 1}


def test_a_store_has_all_lanes_of_a_group() -> None:
    assert program(".store a groups=2", ".unit lanes=8 cluster=2").stores[0].lanes == 4


def test_arguments() -> None:
    result = program(".arg a 1, -1\n.arg b 7")
    assert result.arguments == (1, 65535, 7, 7)
    assert result.names.arguments == {"a": 0, "b": 1}


def test_selections() -> None:
    lanes = program(".selection exact\n.selection drum(3) 2-3=array(ha=1,hb=0,v=4)").lanes
    assert [block.name for block in lanes.blocks] == ["exact", "drum(k=3)", "array(ha=1,hb=0,v=4)"]
    assert lanes.choice.tolist() == [[0] * 4, [1, 1, 2, 2]]
    assert program("").lanes.choice.tolist() == [[0] * 4]


def test_parameters_in_the_source() -> None:
    result = program(
        ".weight 1, 2, 3, -4\n.weight 0, 0, 0, 127\n.constant 5, -6\n"
        ".constant 1, 2, 3, 4, 5, 6, 7, 8"
    )
    assert result.weights.tolist() == [[1, 2, 3, -4], [0, 0, 0, 127]]
    assert result.constants.tolist() == [[[5, -6]] * 4, [[1, 2], [3, 4], [5, 6], [7, 8]]]


def test_parameters_in_files(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.arange(8).reshape(2, 4))
    np.save(tmp_path / "c.npy", np.arange(8).reshape(1, 4, 2))
    result = program('.weights "w.npy"\n.weight 1, 1, 1, 1\n.constants c.npy', folder=tmp_path)
    assert result.weights.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [1, 1, 1, 1]]
    assert result.constants.tolist() == np.arange(8).reshape(1, 4, 2).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".strem a", "k.s:2:1: There is no directive .strem. Write .stream?"),
        (".unit lanes=2", "k.s:2:1: There are two .unit. Remove one."),
        (".stream", "k.s:2:1: .stream begins with a name. Write .stream NAME ..."),
        (".stream 3", "k.s:2:9: .stream begins with a name. Write .stream NAME ..."),
        (".stream a\n.stream a", "k.s:3:9: There are two of the name a. Rename one."),
        (".stream a tap=3", "k.s:2:11: A stream has no tap. Write taps?"),
        (".stream a step=3", "k.s:2:11: step comes before any loop. Write taps=1 first"),
        (".stream a taps=3 y=1", "k.s:2:18: The loop taps has no y. Remove it."),
        (".stream a taps", "k.s:2:11: taps has no value. Write taps=1, for example."),
        (".stream a taps=", "k.s:2:11: taps has no value"),
        (".stream a taps=0", "k.s:2:16: taps must be in [1, 65536], not 0"),
        (".stream a taps=2 taps=3", "k.s:2:18: There are two taps. Remove one."),
        (".stream a beats=2", "k.s:2:11: beats has no count: it is a scalar. Write beats step=1."),
        (".stream a groups=2", "k.s:2:18: groups must be one of (1,), not 2"),
        (".stream a pad=200", "k.s:2:15: pad must be in [-128, 127], not 200"),
        (".store a shft=3", "k.s:2:10: A store has no shft. Write shift?"),
        (".store a result=1", "k.s:2:10: result has no value. Write result alone"),
        (".store a step=3", "k.s:2:15: step must be a power of two, not 3"),
        (".store a lanes=5", "k.s:2:16: lanes must be in [1, 4], not 5"),
        (".store a window=9", "k.s:2:17: window must be in [1, 8], not 9"),
        (".store a low=1 low=2", "k.s:2:16: There are two low. Remove one."),
        (".arg a 1, 2, 3", "k.s:2:1: a has 3 values for 2 warps. Give one for each"),
        (".arg a 65536", "k.s:2:8: a must be in [-32768, 65535], not 65536"),
        (".selection 0-1=exact", "k.s:2:1: Lane 2 has no block. Name a block for all lanes"),
        (".selection 4=exact", "k.s:2:12: There is no lane 4. Name lanes from 0 to 3."),
        (".selection x=exact", "k.s:2:12: Lanes must be indices"),
        (".selection drom(3)", "k.s:2:12: "),
        (".weight 1, 2", "k.s:2:1: A word has 4 weights, not 2"),
        (".weight 1, 2, 3, 128", "k.s:2:18: A weight must be in [-128, 127], not 128"),
        (".constant 1, 2, 3", "k.s:2:1: A word has 4 pairs of multiplier and addend"),
        (".constant -1, 2", "k.s:2:11: The multiplier must be in [0, 65535], not -1"),
        (".weights", '.weights has one file. Write .weights "values.npy".'),
        (".weights no.npy", "k.s:2:10: no.npy: No such file or directory"),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        program(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("", "k.s: There is no .unit. Write .unit lanes=8, for example."),
        (".stream a", "k.s:1:1: .stream comes before .unit. Write .unit first."),
        (".unit lane=8", "k.s:1:7: A unit has no lane. Write lanes?"),
        (".unit lanes=8 lanes=8", "k.s:1:15: There are two lanes. Remove one."),
        (".unit lanes=99", "k.s:1:13: lanes must be in [1, 64], not 99"),
        (".unit lanes=8 cluster=3", "k.s:1:23: cluster must divide lanes, 8, not 3. Leave the key"),
        (".unit lanes=8 groups=2", "k.s:1:22: groups must be 1 and other divisors"),
        (".unit lanes", "k.s:1:7: lanes has no value"),
    ],
)
def test_messages_about_the_unit(unit: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        program("", unit)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3), dtype=np.int8), "must be of shape (words, 4), not (2, 3)"),
        (np.zeros((2, 4)), "This holds no integers. Write integers with numpy.save."),
        (np.full((1, 4), 128), "Weights must be in [-128, 127]"),
    ],
)
def test_files_that_are_refused(array: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", array)
    with pytest.raises(UserError) as error:
        program(".weights w.npy", folder=tmp_path)
    assert message in str(error.value)


def test_a_file_that_is_no_array(tmp_path: Path) -> None:
    (tmp_path / "w.npy").write_text("weights")
    with pytest.raises(UserError, match=r"k\.s:2:10: .*w.npy: This is no array of numpy"):
        program(".weights w.npy", folder=tmp_path)


def test_constants_of_a_file_in_range(tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", np.full((1, 4, 2), -1))
    with pytest.raises(UserError, match="Multipliers must have 16 bits, addends 32 bits"):
        program(".constants c.npy", folder=tmp_path)
