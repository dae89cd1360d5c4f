"""The connection: what is missing, what does not answer, what answers nonsense."""

from __future__ import annotations

import os
import sys
import threading
import tty
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.host import connection as module
from hawx_hw.host.connection import BrokenLineError, Connection
from hawx_hw.host.protocol import Answer, Command, Request, Status

Answers = Callable[[bytes], str]


@pytest.fixture
def answers() -> Iterator[Answers]:
    """A port at which a request is answered by some bytes."""
    master, slave = os.openpty()
    tty.setraw(slave)
    threads: list[threading.Thread] = []

    def start(content: bytes) -> str:
        def work() -> None:
            os.read(master, 64)
            os.write(master, content)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return os.ttyname(slave)

    yield start
    os.write(slave, b"end")
    for thread in threads:
        thread.join()
    os.close(master)
    os.close(slave)


def problem(port: str) -> str:
    with Connection(port, timeout=0.05) as connection, pytest.raises(UserError) as error:
        connection.ask(Request.read(0))
    assert error.value.where == port
    return str(error.value)


def test_a_right_answer(answers: Answers) -> None:
    body = b"RXWAH\0"
    frame = b"h" + body + zlib.crc32(body).to_bytes(4, "little")
    with Connection(answers(frame), timeout=5) as connection:
        assert connection.ask(Request.read(0)) == Answer(Command.READ, Status.OK, b"XWAH")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The board does not answer. Is the host top of hawx on it, at 115,200 baud?"),
        (b"h", "An answer of the board to READ stopped in its middle."),
        (b"hR1234", "An answer of the board to READ stopped in its middle."),
        (b"?R", "An answer of the board does not begin as an answer does: b'?R'."),
        (b"hR1234\x00crc!", "An answer of the board has a wrong checksum."),
    ],
)
def test_wrong_answers(answers: Answers, content: bytes, message: str) -> None:
    assert message in problem(answers(content))


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be opened: .*No such file"):
        Connection(str(tmp_path / "none"))


def test_the_ports_that_are_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from serial.tools import list_ports
    from serial.tools.list_ports_common import ListPortInfo

    monkeypatch.setattr(
        list_ports, "comports", lambda: [ListPortInfo("/dev/b"), ListPortInfo("/dev/a")]
    )
    with pytest.raises(UserError, match=r"The ports of this machine are /dev/a, /dev/b\.$"):
        Connection("/dev/none")
    monkeypatch.setattr(list_ports, "comports", list)
    with pytest.raises(UserError, match="is the board connected"):
        Connection("/dev/none")


def test_pyserial_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(UserError, match="python -m pip install pyserial"):
        Connection("/dev/none")


def test_a_port_that_goes_away() -> None:
    master, slave = os.openpty()
    connection = Connection(os.ttyname(slave), timeout=0.05)
    os.close(slave)
    os.close(master)
    with connection, pytest.raises(UserError, match="cannot be used any more"):
        connection.ask(Request.read(0))


def test_a_port_that_takes_nothing() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    with Connection(os.ttyname(slave), baud=4_000_000, timeout=0.05) as connection:
        with pytest.raises(UserError, match=r"cannot be used any more: Write timeout\. Is the"):
            connection.ask(Request.send(bytes(100_000)))
    os.close(slave)
    os.close(master)


def test_every_status_has_a_message() -> None:
    assert set(module._WRONG) == set(Status) - {Status.OK}
    assert all(what and hint for what, hint in module._WRONG.values())


def test_a_broken_line_is_an_error_of_the_users() -> None:
    assert BrokenLineError("x").exit_status == 2
