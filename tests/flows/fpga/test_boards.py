"""Boards: complete, and as their sources have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.fpga import boards as module
from hawx_hw.flows.fpga.boards import Board, board_named, boards

FLOWS = ("ecp5", "gowin", "ice40")
EVERY = [(flow, name) for flow in FLOWS for name in boards(flow)]


@pytest.mark.parametrize("flow", FLOWS)
def test_the_option_names_the_files(flow: str) -> None:
    assert sorted(flow_named(flow).options["board"].choices) == list(boards(flow))


@pytest.mark.parametrize(("flow", "name"), EVERY)
def test_no_pin_serves_two_ports_and_every_source_is_named(flow: str, name: str) -> None:
    board = board_named(flow, name)
    pins = [pin.pin for pin in board.constraints().values()]
    assert len(set(pins)) == len(pins) == 4 + len(board.leds.pins)
    assert len(board.sources) >= 2
    assert all(source.startswith("https://github.com/") for source in board.sources)


def test_pins_have_the_attributes_of_the_board_and_their_own() -> None:
    ports = board_named("ecp5", "orangecrab-25f").constraints()
    assert ports["clk"].attributes == {"IO_TYPE": "LVCMOS33"}
    assert ports["uart_rx"].attributes == {"IO_TYPE": "LVCMOS33", "PULLMODE": "UP"}
    assert ports["reset_button"].attributes == {"IO_TYPE": "SSTL135_I"}
    assert [ports[f"led[{index}]"].pin for index in range(3)] == ["M3", "K4", "J3"]


def test_a_board_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UserError, match=r"ice40 has no board 'icestick'\.") as error:
        board_named("ice40", "icestick")
    assert "icebreaker" in str(error.value.hint)


def test_what_a_file_must_not_have_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine" / "boards"
    folder.mkdir(parents=True)
    (folder / "x.toml").write_text('title = "x"\nspeeed = "6"\n')
    monkeypatch.setattr(module, "flows", lambda: tmp_path)
    with pytest.raises(ValueError, match="speeed"):
        boards("mine")


def test_boards_are_values() -> None:
    board = board_named("ecp5", "ulx3s-25f")
    assert board == Board.model_validate(board.model_dump())
