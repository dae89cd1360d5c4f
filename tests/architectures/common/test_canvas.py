"""What the drawings of all architectures share."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.common.canvas import Canvas, cell_size, drawn_blocks, shares, size_text
from hawx_hw.blocks.registry import by_name
from hawx_hw.gateware.core_interface import CoreSignature


@pytest.mark.parametrize(
    ("lines", "across", "size"),
    [
        (8, 8, (20.0, 20.0)),  # 160 across
        (1, 1, (30.0, 30.0)),  # no larger than this
        (2, 16, (10.0, 10.0)),
        (64, 4, (6.25, 3.12)),  # tiny ones are stretched where there is room
        (4, 64, (2.5, 5.0)),
    ],
)
def test_cells_are_squares_that_fit(lines: int, across: int, size: tuple[float, float]) -> None:
    assert cell_size(lines, across, 200.0, 160.0) == size


def test_shares_fill_a_length() -> None:
    assert shares(100, 1, 5) == [(0, 100)]
    assert shares(100, 2, 4) == [(0, 48), (52, 48)]
    parts = shares(10, 20, 3)
    assert parts[-1][0] + parts[-1][1] == pytest.approx(10)


def test_texts() -> None:
    assert size_text(1572, 10) == "1,572 x 10 b"
    (block,) = drawn_blocks([by_name("drum(k=4)")])
    assert (block.name, block.module) == ("drum(k=4)", "hawx_block_drum_k_4")


def test_the_shell_has_its_ports_and_memories() -> None:
    core = CoreSignature(word_codes=2, image_shape=(1, 4, 4), result_shape=(10,), layers=3)
    canvas = Canvas()
    canvas.shell(core)
    drawing = canvas.drawing(
        title="shell", cell="PE", blocks=(), height=100.0, cell_width=1.0, cell_height=1.0,
        cells=(), layers=(),
    )  # fmt: skip
    assert [unit.id for unit in drawing.units if unit.port] == ["s_axis", "s_axil", "m_axis"]
    assert {(m.path, m.words) for m in drawing.memories} == {
        ("shell/counters/memory", 6),
        ("shell/result_streamer/memory", 5),
    }
    ends = {(bus.source, bus.target, bus.bits) for bus in drawing.buses}
    assert ("results", "m_axis", 8) in ends and ("s_axil", "registers", 32) in ends
