"""Boards of a flow, as the TOML files in its folder ``boards`` describe them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import read_text
from hawx_hw.util.resources import flows

__all__ = ["Board", "Pin", "board_named", "boards"]

#: Ports of a top with one bit each.
_PORTS = ("clk", "reset_button", "uart_rx", "uart_tx")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Pin(_Part):
    """A pin of a board.

    Parameters
    ----------
    pin : str
        Its name, as the package has it.
    attributes : mapping of str to str
        Of its buffer, as the flow's constraint file names them.
    active_low : bool
        Of a button: it is low while pressed.
    """

    pin: str
    attributes: Mapping[str, str] = {}
    active_low: bool = False


class Leds(_Part):
    """The LEDs of a board.

    Parameters
    ----------
    pins : tuple of str
        From the one that shows that all is well.
    attributes : mapping of str to str
    active_low : bool
        They are on at a low level.
    """

    pins: Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=8)]
    attributes: Mapping[str, str] = {}
    active_low: bool


class Board(_Part):
    """A board.

    Parameters
    ----------
    name : str
        Of its file.
    title : str
    sources : tuple of str
        Where the pins are documented.
    device, package, speed : str
        As the flow names them.
    clock_mhz : float
        Of the oscillator at ``pins["clk"]``.
    program : str
        The command that loads a bitstream, whose file follows.
    attributes : mapping of str to str
        Of all pins that do not state their own.
    pins : mapping of str to Pin
        ``clk``, ``reset_button``, ``uart_rx`` and ``uart_tx``.
    leds : Leds
    notes : tuple of str
        What a user of the board must know.
    """

    name: str
    title: str
    sources: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    device: str
    package: str
    speed: str
    clock_mhz: float
    program: str
    attributes: Mapping[str, str] = {}
    pins: Mapping[str, Pin]
    leds: Leds
    notes: Annotated[tuple[str, ...], Field(strict=False)] = ()

    def constraints(self) -> dict[str, Pin]:
        """Every port of a top, bit by bit, with its pin and all attributes of the pin."""
        ports = {name: self.pins[name] for name in _PORTS}
        for index, pin in enumerate(self.leds.pins):
            ports[f"led[{index}]"] = Pin(pin=pin, attributes=self.leds.attributes)
        return {
            name: pin.model_copy(update={"attributes": {**self.attributes, **pin.attributes}})
            for name, pin in ports.items()
        }


@cache
def boards(flow: str) -> Mapping[str, Board]:
    """The boards of a flow by name, in the order of their names."""
    return {
        file.stem: Board.model_validate({"name": file.stem, **tomllib.loads(read_text(file))})
        for file in sorted((flows() / flow / "boards").glob("*.toml"))
    }


def board_named(flow: str, name: str) -> Board:
    """A board of a flow.

    Raises
    ------
    UserError
        There is none.
    """
    known = boards(flow)
    if name not in known:
        raise UserError(
            f"{flow} has no board {shown(name)}.",
            where=f"flows.{flow}.board",
            hint=f"Boards: {', '.join(known)}.",
        )
    return known[name]
