"""The session, the connection and the bridge: real frames to simulated Verilog."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.design.emission import emit_accelerator, plan_packet
from hawx_hw.errors import UserError
from hawx_hw.graph.reference import run
from hawx_hw.host.connection import BrokenLineError, Connection
from hawx_hw.host.protocol import Request
from hawx_hw.host.session import Session
from hawx_hw.host.tops import packets
from tests.host.builds import HASH
from tests.host.networks import images_of, lenet5_on_a_unit, lenet5_on_an_array, simt
from tests.host.simulation import Served, SharedBoard, SimulatedBoard, shared_board

SECONDS = 30.0


class Bench:
    """A simulated board, and what it must compute."""

    def __init__(self, shared: SharedBoard, served: Served):
        self.faults = served.faults
        self.port = served.port
        self.parameters = shared.build.packet()
        self.cycles = shared.build.program.cycles.core
        self.images, self.results = shared.images(2)

    def open(self) -> Connection:
        return Connection(self.port, timeout=SECONDS)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    shared = shared_board(tmp_path_factory.getbasetemp())
    with shared.board.served() as served:
        yield Bench(shared, served)


def ready(connection: Connection, bench: Bench) -> Session:
    """A session with an accelerator that is loaded and idle."""
    session = Session(connection, timeout=SECONDS)
    identity = session.identify()
    session.prepare(identity)
    if not session.loaded:
        session.load(bench.parameters)
    return session


def check_inference(session: Session, bench: Bench, number: int = 0) -> None:
    packet = bench.images[number]
    inference = session.infer(packet, session.identify())
    assert inference.result == bench.results[number]
    assert inference.cycles == bench.cycles


def test_from_reset_to_results(bench: Bench) -> None:
    with bench.open() as connection:
        session = Session(connection, timeout=SECONDS)
        identity = session.identify()
        assert identity.config_hash == HASH
        assert identity.image_bytes == len(bench.images[0])
        assert identity.result_bytes == len(bench.results[0])
        assert identity.parameter_bytes == len(bench.parameters)
        session.prepare(identity, reset=True)
        assert not session.loaded
        session.load(bench.parameters)
        assert session.loaded
        check_inference(session, bench, 0)
        check_inference(session, bench, 1)


def test_what_no_register_is_is_refused(bench: Bench) -> None:
    with bench.open() as connection:
        with pytest.raises(UserError, match="refused the access to a register"):
            connection.ask(Request.read(0xFFC))
        with pytest.raises(UserError, match="refused"):
            connection.ask(Request.read(0x1000))
        with pytest.raises(UserError, match="refused"):
            connection.ask(Request.write(0x000, 1))
        assert connection.ask(Request.read(0)).data == b"XWAH"


def test_results_that_are_not_there(bench: Bench) -> None:
    with bench.open() as connection:
        session = ready(connection, bench)
        with pytest.raises(UserError, match="there is no result"):
            connection.ask(Request.result(4))
        for size in (3, 5):
            session.write("control", 2)
            connection.ask(Request.send(bench.images[0]))
            while not session.read("status") & 8:
                pass
            with pytest.raises(UserError, match="another number of bytes"):
                connection.ask(Request.result(size))
            session.prepare(session.identify(), reset=size == 3)
            if not session.loaded:
                session.load(bench.parameters)
        check_inference(session, bench)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        # The image's frame: begin, command, length, then 60 bytes and the checksum.
        ({"to": "board", "byte": 30, "do": "flip"}, "wrong checksum"),
        ({"to": "board", "byte": 30, "do": "no stop"}, "no stop bit"),
        ({"to": "board", "byte": 30, "do": "drop"}, "stopped in its middle"),
        ({"to": "board", "byte": 0, "do": "flip"}, "did not begin as it should"),
        ({"to": "board", "byte": 1, "do": "flip"}, "did not know a request"),
        ({"to": "host", "byte": 0, "do": "flip"}, "does not begin as an answer does"),
        ({"to": "host", "byte": 3, "do": "flip"}, "answer of the board has a wrong checksum"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_a_broken_image_is_reported_and_leaves_nothing(bench: Bench, fault, problem) -> None:
    with bench.open() as connection:
        session = ready(connection, bench)
        done, dropped = session.read("images_done"), session.read("images_dropped")
        session.write("control", 2)
        bench.faults(fault)
        with pytest.raises(BrokenLineError, match=problem):
            connection.ask(Request.send(bench.images[0]))
    # Another program, later.
    with bench.open() as connection:
        session = ready(connection, bench)
        assert session.read("images_dropped") - dropped <= 1
        # Where only the answer was broken, the image was computed.
        assert session.read("images_done") == done + (fault["to"] == "host")
        check_inference(session, bench, 1)


def test_a_board_that_is_reset_in_the_middle_of_an_image(bench: Bench) -> None:
    with bench.open() as connection:
        session = ready(connection, bench)
        bench.faults({"to": "board", "byte": 20, "do": "reset"})
        # The rest of the frame comes after the reset, without its beginning, from within a byte on.
        with pytest.raises(BrokenLineError, match=r"did not begin as it should|had no stop bit"):
            connection.ask(Request.send(bench.images[0]))
    with bench.open() as connection:
        session = Session(connection, timeout=SECONDS)
        session.prepare(session.identify())
        assert not session.loaded
        session.load(bench.parameters)
        check_inference(session, bench)


def test_an_interrupted_program_is_recovered_from(bench: Bench) -> None:
    with bench.open() as connection:
        session = ready(connection, bench)
        # An image without an end, and no more of it.
        connection._serial.write(Request.send(bench.images[0]).frame[:40])
        session.identify()
        session.prepare(session.identify())
        check_inference(session, bench)
        # A result that nobody took.
        connection.ask(Request.send(bench.images[0]))
        session.prepare(session.identify())
        check_inference(session, bench, 1)


def test_an_image_that_is_not_taken_ends_in_a_message(bench: Bench) -> None:
    with bench.open() as connection:
        session = ready(connection, bench)
        session.write("control", 0)
        # Not started: it stays, and there is no room for a second.
        connection.ask(Request.send(bench.images[0]))
        with pytest.raises(UserError, match="did not take bytes as fast as they came"):
            connection.ask(Request.send(bench.images[0]))
        with pytest.raises(UserError, match="did not take the last byte"):
            connection.ask(Request.send(b"\0"))
        session.prepare(session.identify(), reset=True)
        session.load(bench.parameters)
        check_inference(session, bench)


def test_a_result_that_does_not_come_ends_in_a_message(bench: Bench) -> None:
    with bench.open() as connection:
        session = ready(connection, bench)
        session = Session(connection, timeout=0.1)
        packet = bench.images[0]
        with pytest.raises(UserError, match=r"has no result after 0.1 s. ERROR has IMAGE_TRUNC"):
            session.infer(packet[:-1], session.identify())


@pytest.mark.slow
def test_no_fault_leaves_anything_behind(bench: Bench) -> None:
    rng = random.Random(5)
    broken = 0
    for _ in range(30):
        sides = {"board": ("flip", "drop", "no stop", "reset"), "host": ("flip", "drop")}
        side = rng.choice(tuple(sides))
        fault = {"to": side, "byte": rng.randrange(300), "do": rng.choice(sides[side])}
        with Connection(bench.port, timeout=5) as connection:
            bench.faults(fault)
            try:
                check_inference(ready(connection, bench), bench, 1)
            except UserError:
                broken += 1
        bench.faults()
        with bench.open() as connection:
            check_inference(ready(connection, bench), bench)
    assert broken > 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "plan",
    [simt(18), simt(19), lenet5_on_an_array(), lenet5_on_a_unit()],
    ids=["unit", "loaded-unit", "lenet5-array", "lenet5-unit"],
)
def test_other_accelerators(plan: Plan, tmp_path: Path) -> None:
    emit_accelerator(plan, tmp_path / "accelerator", config_hash=HASH)
    images = images_of(plan, 2)
    board = SimulatedBoard.build("host", plan, images, tmp_path / "accelerator", tmp_path)
    results = packets(run(plan.graph, images, plan.assignment))
    with board.served() as served, Connection(served.port, timeout=SECONDS) as connection:
        session = Session(connection, timeout=SECONDS)
        identity = session.identify()
        assert identity.config_hash == HASH
        session.prepare(identity)
        assert session.loaded == (not plan.loadable)
        if plan.loadable:
            session.load(plan_packet(plan))
        for packet, result in zip(packets(images), results, strict=True):
            inference = session.infer(packet, identity)
            assert inference.result == result
            assert inference.cycles == plan.cycles().core
