from __future__ import annotations

import re
import zlib

import pytest

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
from hawx_hw.util.resources import rtl_templates

BRIDGE = (rtl_templates() / "fpga" / "hawx_host.v").read_text()


def sealed(begin: bytes, body: bytes) -> bytes:
    return begin + body + zlib.crc32(body).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("request_", "body", "data"),
    [
        (Request.read(0x050), b"R\x50\0\0\0", 4),
        (Request.write(0x010, 0x01020304), b"W\x10\0\0\0\x04\x03\x02\x01", 0),
        (Request.send(b"abc"), b"S\x03\0\0\0abc", 0),
        (Request.result(300), b"Q\x2c\x01\0\0", 300),
        (Request(Command.RESET), b"Z\0\0\0\0", 0),
    ],
)
def test_requests_are_framed(request_: Request, body: bytes, data: int) -> None:
    assert request_.frame == sealed(b"H", body)
    assert request_.answer_bytes == data
    assert answer_bytes(request_, b"h" + body[:1]) == 7 + data


def test_an_answer_is_read() -> None:
    frame = sealed(b"h", b"R\x58\x57\x41\x48\0")
    assert parse(Request.read(0), frame) == Answer(Command.READ, Status.OK, b"XWAH")


def test_a_broken_request_is_answered_without_data() -> None:
    frame = sealed(b"h", b"!\x10")
    assert answer_bytes(Request.read(0), frame[:2]) == len(frame)
    assert parse(Request.read(0), frame) == Answer(Command.BROKEN, Status.BAD_CRC)


def test_no_changed_byte_goes_unnoticed() -> None:
    request = Request.read(0)
    frame = sealed(b"h", b"R\x58\x57\x41\x48\0")
    for place in range(len(frame)):
        for bit in range(8):
            changed = bytearray(frame)
            changed[place] ^= 1 << bit
            with pytest.raises(FrameError):
                parse(request, bytes(changed))


@pytest.mark.parametrize(
    ("begun", "problem"),
    [(b"H", "does not begin"), (b"hW", "another request"), (b"\0\0", "does not begin")],
)
def test_what_is_no_answer_is_refused(begun: bytes, problem: str) -> None:
    with pytest.raises(FrameError, match=problem):
        answer_bytes(Request.read(0), begun)


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(FrameError, match="unknown status: 9"):
        parse(Request.write(0, 0), sealed(b"h", b"W\x09"))


def test_an_empty_packet_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        Request.send(b"")


def test_the_bridge_has_the_same_numbers() -> None:
    table = dict(re.findall(r"^        (\w+) += 8'd(\d+)[,;]", BRIDGE, re.MULTILINE))
    assert {name: int(value) for name, value in table.items()} == dict(Status.__members__)
    for command in Command:
        assert f'"{command.value.decode()}"' in BRIDGE


def test_silence_is_longer_than_a_pause_of_the_host() -> None:
    assert SILENCE_SECONDS >= 0.1
