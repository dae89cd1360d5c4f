"""Tops that put an accelerator on an FPGA board: a self-test, and a UART bridge for a host.

Both have the same few ports: ``clk``, ``reset_button``, ``uart_rx``, ``uart_tx`` and ``led``. Their
Verilog is in ``rtl_templates/fpga``; what depends on design and board is in a small module
``hawx_top``, which is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from hawx_hw.design.emission import plan_packet
from hawx_hw.errors import UserError
from hawx_hw.graph.reference import run
from hawx_hw.host.protocol import SILENCE_SECONDS
from hawx_hw.util.files import read_bytes, write_bytes, write_text
from hawx_hw.util.resources import fpga_templates

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan

__all__ = [
    "CLOCK_FILE",
    "IMAGES_MAX",
    "LEDS_MAX",
    "TOP",
    "Board",
    "Kind",
    "Top",
    "packets",
    "self_test_bytes",
    "self_test_images",
    "write_top",
]

Kind = Literal["self-test", "host"]
#: Name of the top module.
TOP = "hawx_top"
#: In it the board's clock becomes the design's; a flow replaces it where the device has a PLL.
CLOCK_FILE = "hawx_clock.v"
#: The images of a self-test, which counts them with two decimal digits.
IMAGES_MAX = 99
LEDS_MAX = 8

_COMMON = (CLOCK_FILE, "hawx_reset.v", "hawx_uart_tx.v", "hawx_axil_master.v")
_SOURCES: Mapping[Kind, tuple[str, ...]] = {
    "self-test": (*_COMMON, "hawx_self_test.v"),
    "host": (*_COMMON, "hawx_uart_rx.v", "hawx_crc32.v", "hawx_host.v"),
}
_ROM_FILE = "self_test.hex"
_CLASS_BYTES = 2
#: Of a result, as far as its class has two bytes.
_RESULT_MAX = 1 << 8 * _CLASS_BYTES
_TOP_TEXT = """\
// Top of the {kind} at {clock_mhz:g} MHz and {baud} baud; written by hawx.
`default_nettype none
module hawx_top (
    input  wire clk,
    input  wire reset_button,
    input  wire uart_rx,
    output wire uart_tx,
    output wire [{high}:0] led
);
    wire design_clk, locked, rst;
    wire [7:0] lights;
    assign led = {inverted}lights[{high}:0];

    hawx_clock clock (.board_clk(clk), .clk(design_clk), .locked(locked));
    hawx_reset #(.BUTTON_ACTIVE({button})) reset (
        .clk(design_clk), .locked(locked), .button(reset_button), .rst(rst)
    );
{lights}
    {module} #(
{parameters}
    ) {instance} (
{ports}
    );
endmodule
`default_nettype wire
"""
_SELF_TEST_LIGHTS = """
    // From the first on: all images passed; some did not; how many did, in two decimal digits.
    wire passed, failed;
    wire [7:0] count;
    assign lights = {count[5:0], failed, passed};
"""
_HOST_LIGHTS = """
    // From the first on: out of reset; in a request; the last request failed; requests answered.
    wire active, failed;
    wire [4:0] answers;
    assign lights = {answers, failed, active, !rst};
"""
#: Cycles of a bit, of which the receiver needs some.
_DIVISORS = range(4, 1 << 16)
#: The error of the baud rate that a receiver tolerates, with as much left for the other side.
_BAUD_ERROR = 0.02
#: An image that makes no progress in so many times its cycles, and some for the shell, has failed.
_PATIENCE = 2
_MARGIN = 1 << 16


@dataclass(frozen=True)
class Board:
    """What a top must know of its board.

    Parameters
    ----------
    clock_mhz : float
        Of the design: what :data:`CLOCK_FILE` makes of the board's clock.
    baud : int
        Of the UART.
    leds : int
        1 to 8.
    leds_active_low : bool
        A LED is on at a low level.
    button_active_low : bool
        The pin is low while the reset button is pressed.

    Raises
    ------
    UserError
        The clock cannot make the baud rate.
    """

    clock_mhz: float
    baud: int = 115200
    leds: int = LEDS_MAX
    leds_active_low: bool = False
    button_active_low: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.leds <= LEDS_MAX:
            raise ValueError(f"LEDs must be 1 to {LEDS_MAX}, not {self.leds!r}")
        if self.clock_mhz <= 0 or self.baud <= 0:
            raise ValueError("Clock and baud rate must be positive")
        actual = self.clock_mhz * 1e6 / self.divisor
        if self.divisor not in _DIVISORS or abs(actual / self.baud - 1) > _BAUD_ERROR:
            fastest = int(self.clock_mhz * 1e6) // _DIVISORS[0]
            raise UserError(
                f"A clock of {self.clock_mhz:g} MHz cannot make {self.baud:,} baud: one bit would "
                f"take {self.clock_mhz * 1e6 / self.baud:.2f} cycles.",
                hint=f"Choose a rate of at most {fastest:,} baud whose bits take about a whole "
                f"number of cycles, from {_DIVISORS[0]} to {_DIVISORS[-1]:,}.",
            )

    @property
    def divisor(self) -> int:
        """Cycles of a bit."""
        return round(self.clock_mhz * 1e6 / self.baud)

    @property
    def silence_bits(self) -> int:
        """The bridge's silence is two to the power of it, in cycles; see :mod:`.protocol`."""
        cycles = max(self.clock_mhz * 1e6 * SILENCE_SECONDS, 16 * 10 * self.divisor)
        return int(cycles).bit_length()


@dataclass(frozen=True)
class Top:
    """A top that was written.

    Parameters
    ----------
    name : str
        Of the module.
    sources : tuple of str
        Its Verilog files in ``rtl/``, in the order in which they are read, behind those of the
        accelerator.
    memories : tuple of str
        Its memory images beside ``rtl/``, where those of the accelerator must be too.
    images : int
        Embedded images.
    """

    name: str
    sources: tuple[str, ...]
    memories: tuple[str, ...]
    images: int


def self_test_bytes(plan: Plan, images: int) -> int:
    """Bytes of the read-only memory of a self-test with so many images."""
    signature = plan.signature()
    each = signature.image_layout.bytes + signature.result_layout.bytes + _CLASS_BYTES
    return signature.parameter_bytes + images * each


def self_test_images(plan: Plan, rom_bytes: int) -> int:
    """How many images a self-test can have whose memory has so many bytes; at most 99.

    Raises
    ------
    UserError
        Not even one; or a result is too large to be compared.
    """
    _check_result(plan)
    none, one = self_test_bytes(plan, 0), self_test_bytes(plan, 1)
    if one > rom_bytes:
        loaded = f" {none:,} of them are its parameters," if none else ""
        raise UserError(
            f"A self-test of {plan.graph.name} needs a read-only memory of {one:,} bytes:{loaded} "
            f"the rest an image with its result. There is room for {rom_bytes:,}.",
            hint="Take the host top, to which parameters and images are sent"
            + (", or build the parameters in (parameters: rom)." if none else "."),
        )
    return min(IMAGES_MAX, (rom_bytes - none) // (one - none))


def write_top(
    kind: Kind,
    plan: Plan,
    images: np.ndarray,
    board: Board,
    folder: Path,
    *,
    rom_bytes: int | None = None,
) -> Top:
    """Write a top's Verilog into ``folder/rtl``, and its memory images into ``folder``.

    Parameters
    ----------
    kind : str
        ``"self-test"`` or ``"host"``.
    plan : Plan
        Of the accelerator, whose own files stay where they are.
    images : ndarray of int8, shape (n, channels, height, width)
        Codes of the self-test's images, 1 to 99; a host top has none, and ignores them.
    board : Board
    folder : Path
        Created if need be.
    rom_bytes : int or None
        The room for the memory of a self-test; None where there is no limit.

    Raises
    ------
    UserError
        There is not as much room, or a result is too large to be compared.
    ValueError
        There are no images, or more than 99, or they do not fit the network.
    """
    if kind == "host":
        parameters = {"SILENCE_BITS": str(board.silence_bits)}
        signals = {name: name for name in ("active", "failed", "answers")}
        text = _top_text(kind, board, parameters, signals, _HOST_LIGHTS)
        return _write(kind, text, folder, {}, 0)
    if not 1 <= len(images) <= IMAGES_MAX:
        raise ValueError(f"Images must be 1 to {IMAGES_MAX}, not {len(images)}")
    if rom_bytes is not None and len(images) > (most := self_test_images(plan, rom_bytes)):
        raise UserError(
            f"A self-test of {len(images)} images needs a read-only memory of "
            f"{self_test_bytes(plan, len(images)):,} bytes, and there is room for {rom_bytes:,}.",
            hint=f"Take {most} images or fewer.",
        )
    _check_result(plan)
    content = _rom(plan, images)
    parameters = _self_test_parameters(plan, len(images), len(content))
    signals = {name: name for name in ("passed", "failed", "count")}
    text = _top_text(kind, board, parameters, signals, _SELF_TEST_LIGHTS)
    words = "".join(f"{byte:02x}\n" for byte in content)
    return _write(kind, text, folder, {_ROM_FILE: words}, len(images))


def packets(codes: np.ndarray) -> list[bytes]:
    """Codes as the packets of the streams: pixels in raster order, a pixel's channels together.

    Parameters
    ----------
    codes : ndarray of int8
        ``(n, channels, height, width)`` or ``(n, features)``.
    """
    if codes.ndim == 4:
        codes = codes.transpose(0, 2, 3, 1)
    return [each.tobytes() for each in np.ascontiguousarray(codes)]


def _check_result(plan: Plan) -> None:
    size = plan.signature().result_layout.bytes
    if size > _RESULT_MAX:
        raise UserError(
            f"A self-test compares results of at most {_RESULT_MAX:,} bytes, and those of "
            f"{plan.graph.name} have {size:,}.",
            hint="Take the host top.",
        )


def _rom(plan: Plan, images: np.ndarray) -> bytes:
    """What ``hawx_self_test`` reads, byte by byte."""
    parts = [plan_packet(plan) if plan.loadable else b""]
    results = packets(run(plan.graph, images, plan.assignment))
    for image, result in zip(packets(images), results, strict=True):
        largest = int(np.argmax(np.frombuffer(result, dtype=np.int8)))
        parts += [image, result, largest.to_bytes(_CLASS_BYTES, "little")]
    return b"".join(parts)


def _self_test_parameters(plan: Plan, images: int, depth: int) -> dict[str, str]:
    signature, cycles = plan.signature(), plan.cycles().core
    width = max(1, (depth - 1).bit_length())
    sizes = {
        "PARAMETER_BYTES": signature.parameter_bytes,
        "IMAGE_BYTES": signature.image_layout.bytes,
        "RESULT_BYTES": signature.result_layout.bytes,
    }
    return {
        "IMAGES": f"8'h{images:02}",
        "CORE_CYCLES": f"32'd{cycles}",
        "LIMIT": f"32'd{_PATIENCE * cycles + _MARGIN}",
        "ROM_FILE": f'"{_ROM_FILE}"',
        "ROM_DEPTH": str(depth),
        "ROM_ADDRESS_WIDTH": str(width),
        **{name: f"{width + 1}'d{size}" for name, size in sizes.items()},
    }


def _top_text(
    kind: Kind, board: Board, parameters: Mapping[str, str], signals: Mapping[str, str], lights: str
) -> str:
    """The Verilog of ``hawx_top``: clock, reset, LEDs, and the module that does the work."""
    module = "hawx_" + kind.replace("-", "_")
    values = {"DIVISOR": f"16'd{board.divisor}", **parameters}
    ports = {name: name for name in ("clk", "rst", "uart_rx", "uart_tx")}
    ports |= {"clk": "design_clk", **signals}
    return _TOP_TEXT.format(
        kind=kind,
        clock_mhz=board.clock_mhz,
        baud=board.baud,
        high=board.leds - 1,
        button="1'b0" if board.button_active_low else "1'b1",
        inverted="~" if board.leds_active_low else "",
        lights=lights,
        module=module,
        instance=module.removeprefix("hawx_"),
        parameters=_connections(values),
        ports=_connections(ports),
    )


def _connections(values: Mapping[str, str]) -> str:
    return ",\n".join(f"        .{name}({value})" for name, value in values.items())


def _write(kind: Kind, text: str, folder: Path, memories: Mapping[str, str], images: int) -> Top:
    templates = fpga_templates()
    for name in _SOURCES[kind]:
        write_bytes(folder / "rtl" / name, read_bytes(templates / name))
    write_text(folder / "rtl" / f"{TOP}.v", text)
    for name, words in memories.items():
        write_text(folder / name, words)
    return Top(TOP, (*_SOURCES[kind], f"{TOP}.v"), tuple(memories), images)
