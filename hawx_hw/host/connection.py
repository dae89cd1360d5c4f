"""The serial line to the bridge: a request, and its answer or what is wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hawx_hw.errors import UserError, printable
from hawx_hw.host.protocol import (
    SILENCE_SECONDS,
    Answer,
    Command,
    FrameError,
    Request,
    Status,
    answer_bytes,
    parse,
)

if TYPE_CHECKING:
    from serial import Serial

__all__ = ["BrokenLineError", "Connection"]

_BITS = 10  # of a byte on the line
#: The line may be this much slower than the baud rate allows, by pauses between bytes.
_SLOWNESS = 1.5
_BEGIN = 2
_LINE = "Check cable and ground; a lower baud rate, for which the top must be built, may help."
_WRONG: dict[Status, tuple[str, str]] = {
    Status.BAD_CRC: ("a request came with a wrong checksum", _LINE),
    Status.TIMEOUT: ("a request stopped in its middle", _LINE),
    Status.BAD_BYTE: (
        "a byte had no stop bit",
        f"The baud rate may be another one than the top was built for. {_LINE}",
    ),
    Status.BAD_BEGIN: ("a request did not begin as it should", _LINE),
    Status.BAD_COMMAND: (
        "it did not know a request",
        "The top may be of another version of hawx: build it again.",
    ),
    Status.OVERRUN: (
        "the accelerator did not take bytes as fast as they came",
        "Run the command again; --reset resets the accelerator first.",
    ),
    Status.STALLED: (
        "the accelerator did not take the last byte of a packet",
        "Run the command again with --reset, which resets the accelerator first.",
    ),
    Status.REFUSED: (
        "the accelerator refused the access to a register",
        "The bitstream may be of another version of hawx: build it again.",
    ),
    Status.EMPTY: ("there is no result", "Run the command again."),
    Status.WRONG_SIZE: (
        "the result has another number of bytes than the accelerator states",
        "Run the command again with --reset, which resets the accelerator first.",
    ),
}


class BrokenLineError(UserError):
    """A request or its answer was lost or changed on the way; it may be sent again."""


class Connection:
    """A serial port with the bridge at its other end.

    Parameters
    ----------
    port : str
        A device such as ``/dev/ttyUSB0`` or ``COM3``.
    baud : int
        What the top was built for.
    timeout : float
        Seconds that the board may take for an answer, beside those on the line.

    Raises
    ------
    UserError
        pyserial is missing, or the port is, or somebody else uses it.
    """

    def __init__(self, port: str, *, baud: int = 115200, timeout: float = 2.0):
        self.port = port
        self._baud, self._timeout = baud, timeout
        self._serial = _opened(port, baud)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serial.close()

    def ask(self, request: Request) -> Answer:
        """Send a request and receive its answer.

        Raises
        ------
        BrokenLineError
            There is no answer, or one that is not whole.
        UserError
            The request was refused; or the port has gone.
        """
        frame = request.frame
        with self._port_errors():
            self._serial.reset_input_buffer()
            self._serial.write_timeout = self._seconds(len(frame))
            self._serial.write(frame)
            begun = self._received(request, _BEGIN, len(frame))
            rest = self._received(request, self._size(request, begun) - _BEGIN, 0)
        try:
            answer = parse(request, begun + rest)
        except FrameError as error:
            raise self._broken(f"An answer of the board {error}.", _LINE) from error
        if answer.status is not Status.OK:
            what, hint = _WRONG[answer.status]
            kind = BrokenLineError if answer.command is Command.BROKEN else UserError
            raise kind(f"The board reports that {what}.", where=self.port, hint=hint)
        return answer

    def wait_for_silence(self) -> None:
        """Drop what comes, until nothing has come for longer than the bridge waits."""
        with self._port_errors():
            self._serial.timeout = 3 * SILENCE_SECONDS
            while self._serial.read(1):
                self._serial.reset_input_buffer()

    def _size(self, request: Request, begun: bytes) -> int:
        try:
            return answer_bytes(request, begun)
        except FrameError as error:
            raise self._broken(
                f"An answer of the board {error}: {begun!r}.",
                f"Is it the host top, at {self._baud:,} baud? {_LINE}",
            ) from error

    def _received(self, request: Request, size: int, sent: int) -> bytes:
        """So many bytes, after so many that are on their way to the board."""
        self._serial.timeout = self._seconds(size + sent)
        content: bytes = self._serial.read(size)
        if len(content) == size:
            return content
        if not content and sent:
            raise self._broken(
                "The board does not answer.",
                f"Is the host top of hawx on it, at {self._baud:,} baud? Press its reset button, "
                "and check that RX and TX are not exchanged.",
            )
        raise self._broken(
            f"An answer of the board to {request.command.name} stopped in its middle.", _LINE
        )

    def _seconds(self, size: int) -> float:
        """How long so many bytes may take."""
        return self._timeout + _SLOWNESS * _BITS * size / self._baud

    def _broken(self, what: str, hint: str) -> BrokenLineError:
        return BrokenLineError(what, where=self.port, hint=hint)

    @contextlib.contextmanager
    def _port_errors(self) -> Iterator[None]:
        try:
            yield
        except _port_error_types() as error:
            raise UserError(
                f"The port cannot be used any more: {printable(str(error))}.",
                where=self.port,
                hint="Is the board still connected?",
            ) from error


def _port_error_types() -> tuple[type[Exception], ...]:
    """What pyserial raises where a device cannot be opened, or goes away."""
    from serial import SerialException

    types: tuple[type[Exception], ...] = (SerialException, OSError, ValueError)
    try:
        import termios
    except ModuleNotFoundError:  # not a POSIX system
        return types
    return (*types, termios.error)


def _opened(port: str, baud: int) -> Serial:
    try:
        import serial
    except ModuleNotFoundError as error:
        raise UserError(
            "Serial ports need pyserial, which is missing.",
            hint="Install it with: python -m pip install pyserial",
        ) from error
    try:
        return serial.Serial(port, baud, exclusive=True)
    except _port_error_types() as error:
        raise UserError(
            f"The port cannot be opened: {printable(str(error))}.",
            where=port,
            hint=_ports(),
        ) from error


def _ports() -> str:
    """Names the ports of this machine."""
    from serial.tools import list_ports

    names = sorted(each.device for each in list_ports.comports())
    if not names:
        return "This machine has no serial port: is the board connected?"
    return f"The ports of this machine are {', '.join(names)}."
