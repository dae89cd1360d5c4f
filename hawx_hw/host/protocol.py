"""The frames between a host and the bridge ``hawx_host`` on the board, as bytes.

.. code::

    request: "H" | command | argument (4) | data | CRC-32 (4)
    answer:  "h" | command | data | status | CRC-32 (4)

Numbers are little-endian. A CRC is zlib's, of everything between the first byte and itself. The
bridge answers a request that it cannot read with command ``!``, after the line was silent for at
least :data:`SILENCE_SECONDS`; so does one that stops in its middle.
"""

from __future__ import annotations

import enum
import zlib
from dataclasses import dataclass

__all__ = [
    "SILENCE_SECONDS",
    "Answer",
    "Command",
    "FrameError",
    "Request",
    "Status",
    "answer_bytes",
    "parse",
]

#: After which a request that has stopped is given up, at least; at most twice as long.
SILENCE_SECONDS = 0.25

_REQUEST, _ANSWER = b"H", b"h"
_WORD = 4
_CRC = 4


class Command(enum.Enum):
    """What the bridge is to do, by the byte that requests it."""

    READ = b"R"
    WRITE = b"W"
    SEND = b"S"
    RESULT = b"Q"
    RESET = b"Z"
    #: Only in answers: the request could not be read.
    BROKEN = b"!"


class Status(enum.IntEnum):
    """What became of a request."""

    OK = 0
    #: There is no such register, or it cannot be written.
    REFUSED = 1
    #: No result waits.
    EMPTY = 2
    #: The result has another number of bytes.
    WRONG_SIZE = 3
    #: The last byte of a packet was not taken.
    STALLED = 4
    BAD_CRC = 16
    #: The request stopped in its middle.
    TIMEOUT = 17
    #: The accelerator did not take the bytes of a packet as fast as they came.
    OVERRUN = 18
    #: A byte without a stop bit.
    BAD_BYTE = 19
    BAD_COMMAND = 20
    #: The request did not begin with an ``H``.
    BAD_BEGIN = 21


@dataclass(frozen=True)
class Request:
    """A request.

    Parameters
    ----------
    command : Command
    argument : int
        A register's address, or the number of bytes to send or to receive.
    data : bytes
        What is written or sent.
    """

    command: Command
    argument: int = 0
    data: bytes = b""

    @classmethod
    def read(cls, address: int) -> Request:
        """Read a register."""
        return cls(Command.READ, address)

    @classmethod
    def write(cls, address: int, value: int) -> Request:
        """Write a register."""
        return cls(Command.WRITE, address, value.to_bytes(_WORD, "little"))

    @classmethod
    def send(cls, packet: bytes) -> Request:
        """Send a packet, at least a byte."""
        if not packet:
            raise ValueError("Packet must have at least one byte")
        return cls(Command.SEND, len(packet), packet)

    @classmethod
    def result(cls, size: int) -> Request:
        """Receive a result of so many bytes."""
        return cls(Command.RESULT, size)

    @property
    def frame(self) -> bytes:
        """Its bytes on the line."""
        body = self.command.value + self.argument.to_bytes(_WORD, "little") + self.data
        return _REQUEST + body + _checksum(body)

    @property
    def answer_bytes(self) -> int:
        """Bytes of data in its answer."""
        match self.command:
            case Command.READ:
                return _WORD
            case Command.RESULT:
                return self.argument
        return 0


@dataclass(frozen=True)
class Answer:
    """An answer whose checksum is right.

    Parameters
    ----------
    command : Command
        That of the request, or :attr:`Command.BROKEN`.
    status : Status
    data : bytes
    """

    command: Command
    status: Status
    data: bytes = b""


class FrameError(Exception):
    """What came is no answer to the request."""


def answer_bytes(request: Request, begun: bytes) -> int:
    """Bytes of the whole answer, of which the first two have come.

    Raises
    ------
    FrameError
        They are no beginning of an answer to ``request``.
    """
    if begun[:1] != _ANSWER:
        raise FrameError("does not begin as an answer does")
    if begun[1:2] == Command.BROKEN.value:
        return 2 + 1 + _CRC
    if begun[1:2] != request.command.value:
        raise FrameError("belongs to another request")
    return 2 + request.answer_bytes + 1 + _CRC


def parse(request: Request, frame: bytes) -> Answer:
    """The answer in a frame of :func:`answer_bytes` bytes.

    Raises
    ------
    FrameError
        It was changed on its way.
    """
    body, checksum = frame[1:-_CRC], frame[-_CRC:]
    if len(frame) != answer_bytes(request, frame) or checksum != _checksum(body):
        raise FrameError("has a wrong checksum")
    try:
        return Answer(Command(body[:1]), Status(body[-1]), body[1:-1])
    except ValueError as error:
        raise FrameError(f"has an unknown status: {body[-1]}") from error


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CRC, "little")
