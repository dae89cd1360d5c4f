"""What the accelerator is put through. Each scenario is a cocotb test."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cocotb

from hawx_hw.verification.differences import difference_of_writes
from hawx_hw.verification.job import Job, load_job

from .checkers import CheckFailure
from .monitors import WriteMonitor
from .report import Report
from .testbench import Testbench

__all__: list[str] = []

_OKAY, _SLVERR = 0, 2
_BACK_TO_BACK_IMAGES = 4
_STALL_SEEDS = 3
_STALLED_IMAGES = 2
#: How often software reads and writes registers during an inference that takes long: so often, and
#: at random times. Without a pause, that would take several times as long as all the rest.
_POLLS = 2000
#: From the last byte of an image to the first cycle of its inference, at most; and from the end of
#: all activity to DEBUG_STATUS.STILL.
_CYCLES_TO_SETTLE = 20


def _inferences(job: Job) -> dict[str, int]:
    """How many results each scenario compares."""
    images = len(job.images)
    return {
        "registers": 0,
        "parameters": 1,
        "inference": images,
        "back_to_back": min(images, _BACK_TO_BACK_IMAGES),
        "stalls": _STALL_SEEDS * min(images, _STALLED_IMAGES),
        "start": 2,
        "wrong_packets": 4,
        "reset": 3,
        "watchdog": 2,
        "debug": 2,
    }


JOB = load_job(Path(os.environ["HAWX_JOB"]))
REPORT = Report(
    Path(os.environ["HAWX_REPORT"]), sum(_inferences(JOB)[name] for name in JOB.scenarios)
)


def scenario(function: Callable[[Testbench], Awaitable[None]]) -> Any:
    """Make a cocotb test of a scenario: it is reported, and fails with its first failure."""

    @functools.wraps(function)
    async def test(dut: Any) -> None:
        failures = REPORT.begin(function.__name__)
        bench = Testbench(dut, JOB, REPORT, failures)
        try:
            await bench.begin()
            await function(bench)
            await bench.end()
        except CheckFailure as failure:
            failures.append(str(failure))
            Testbench.abandon()
        # A scenario that ends in any other way has not passed.
        REPORT.end(function.__name__)
        if failures:
            raise AssertionError(failures[0])

    # cocotb takes the signature from here, not from the function within.
    del test.__wrapped__
    return cocotb.test()(test)


@scenario
async def registers(bench: Testbench) -> None:
    """Constants read as documented; what is read-only or not there is refused; strobes count."""
    host = bench.host
    end = 0
    by_address = sorted(bench.job.registers.items(), key=lambda item: item[1].address)
    for name, entry in by_address:
        if entry.value is not None:
            await bench.expect(name, entry.value)
        for address in range(end, entry.address, 4):
            if await host.response_to_read(address) != _SLVERR:
                bench.failures.append(f"Reading {address:#x}, where nothing is, is not refused")
        if not entry.writable and await host.response_to_write(entry.address, bytes(4)) != _SLVERR:
            bench.failures.append(f"Writing {name.upper()} is not refused")
        end = entry.address + 4 * entry.count
    if await host.response_to_write(end, bytes(4)) != _SLVERR:
        bench.failures.append(f"Writing {end:#x}, where nothing is, is not refused")

    await host.write("irq_enable", 3)
    await host.response_to_write(bench.job.registers["irq_enable"].address + 1, b"\xff")
    await bench.expect("irq_enable", 3)
    await host.response_to_write(bench.job.registers["irq_enable"].address, b"\x01")
    await bench.expect("irq_enable", 1)
    for name in ("error", "irq_status", "cycles", "images_done", "images_dropped"):
        await bench.expect(name, 0)
    await bench.expect_fields("status", "parameters_loaded")


@scenario
async def parameters(bench: Testbench) -> None:
    """Without its parameters nothing starts; packets of a wrong length do not count."""
    host, job = bench.host, bench.job
    if not job.parameters:
        # Built in: the request is ignored, and the next packet is an image.
        await host.write_fields("control", "auto", "load_parameters")
        await bench.run_image(0)
        await bench.expect_fields("error")
        return
    await bench.reset()
    await bench.expect_fields("status")
    await host.write_fields("control", "start")
    await bench.expect_fields("error", "start_without_parameters")
    await host.write("error", 0xFFFFFFFF)
    await host.write_fields("control", "auto")
    await bench.send_packet(job.images[0].tobytes())
    await bench.expect_fields("error", "start_without_parameters")
    await bench.expect("images_dropped", 1)
    await host.write("error", 0xFFFFFFFF)
    for packet, error in (
        (job.parameters[: len(job.parameters) // 2], "parameters_truncated"),
        (job.parameters + b"\0", "parameters_overlong"),
    ):
        await bench.send_parameters(packet)
        await bench.expect_fields("error", error)
        await bench.expect_fields("status", "error")
        await host.write("error", 0xFFFFFFFF)
    await bench.load_parameters()
    await host.write_fields("control", "auto")
    await bench.run_image(0)


@scenario
async def inference(bench: Testbench) -> None:
    """Every image by itself: result, cycles, and of the first ones every write of every layer."""
    job = bench.job
    await bench.host.write_fields("control", "auto")
    monitor = WriteMonitor(bench.dut.core, bench.dut.clk) if job.traced else None
    for index in range(len(job.images)):
        if monitor is not None and index < job.traced:
            await _traced_inference(bench, monitor, index)
            await _check_cycle_registers(bench, index)
        else:
            await _inference(bench, index)


async def _inference(bench: Testbench, index: int) -> None:
    cycles = await bench.run_image(index)
    bench.report.measured(cycles)
    if cycles != bench.job.cycles:
        number = bench.job.first_image + index
        bench.failures.append(f"Image {number} took {cycles} cycles, not {bench.job.cycles}")


async def _traced_inference(bench: Testbench, monitor: WriteMonitor, index: int) -> None:
    known = len(bench.failures)
    monitor.start()
    try:
        await _inference(bench, index)
    finally:
        # Also where no result came: the first write that is missing is where it stopped.
        difference = difference_of_writes(bench.job, index, monitor.stop())
        if difference:
            # A wrong write is nearer to the fault than the wrong result that it causes.
            bench.failures.insert(known, difference)
            bench.report.located(difference)


async def _check_cycle_registers(bench: Testbench, image: int) -> None:
    await bench.expect("cycles", bench.job.core_cycles)
    measured = []
    for index, layer in enumerate(bench.job.layers):
        cycles = await bench.host.read("layer_cycles", index)
        measured.append(cycles)
        if cycles != layer.cycles:
            bench.failures.append(
                f"Layer {index} ({layer.name}) took {cycles} cycles, not {layer.cycles}"
            )
    bench.report.traced(image, measured)


@scenario
async def back_to_back(bench: Testbench) -> None:
    """Images without a pause between them, while the results are not taken for a long time."""
    count = min(len(bench.job.images), _BACK_TO_BACK_IMAGES)
    await bench.host.write_fields("control", "auto")
    bench.sink.pause = True
    for index in range(count):
        bench.source.send_nowait(bench.job.images[index].tobytes())
    await bench.cycles(3 * bench.job.cycles)
    bench.sink.pause = False
    for index in range(count):
        await bench.check_result(index)


@scenario
async def stalls(bench: Testbench) -> None:
    """Random pauses on every port, with software that polls all the while."""
    count = min(len(bench.job.images), _STALLED_IMAGES)
    longest = 2 * bench.job.cycles // _POLLS
    rng = random.Random(bench.job.seed)  # noqa: S311 (no secret)

    async def poll() -> None:
        while True:
            await bench.host.read("status")
            await bench.host.write("irq_enable", 3)
            await bench.cycles(rng.randrange(longest + 1))

    await bench.host.write_fields("control", "auto")
    for number in range(_STALL_SEEDS):
        bench.stall(bench.job.seed + number)
        polling = cocotb.start_soon(poll())
        for index in range(count):
            bench.source.send_nowait(bench.job.images[index].tobytes())
        for index in range(count):
            await bench.check_result(index, slowdown=20)
        polling.cancel()
        bench.clear_stalls()
        # A transaction that was under way ends before the next one begins.
        await bench.cycles(50)


@scenario
async def start(bench: Testbench) -> None:
    """START waits for its image; a second START is an error and changes nothing; the interrupt."""
    host = bench.host
    before = await host.read("images_done")
    await host.write_fields("irq_enable", "done")
    for number in range(2):
        index = number % len(bench.job.images)
        await host.write_fields("control", "start")
        if number == 0:
            await bench.expect_fields("status", "busy", "parameters_loaded")
            await host.write_fields("control", "start")
        await bench.send_image(index)
        if number == 1:
            await bench.cycles(len(bench.job.images[index]) + 10)
            await host.write_fields("control", "start")
        await bench.expect_fields("error", "start_while_busy")
        await host.write("error", 0xFFFFFFFF)
        await bench.check_result(index)
        await bench.cycles(2)
        await bench.expect_fields("status", "done", "parameters_loaded")
        if bench.dut.irq.value != 1:
            bench.failures.append("The interrupt is not raised by the end of an inference")
        await host.write_fields("status", "done")
        await bench.cycles(2)
        if bench.dut.irq.value != 0:
            bench.failures.append("The interrupt stays when its cause was cleared")
    await bench.cycles(2 * bench.job.cycles)
    await bench.expect("images_done", before + 2)


@scenario
async def wrong_packets(bench: Testbench) -> None:
    """Packets that are too short or too long are dropped and reported; the next image is right."""
    host = bench.host
    image = bench.job.images[0].tobytes()
    before = await host.read("images_dropped")
    await host.write_fields("control", "auto")
    packets = [
        (image + image[:1], "image_overlong"),
        (image + image, "image_overlong"),
        (image[:-1] or image + image, "image_truncated" if len(image) > 1 else "image_overlong"),
        (image[:1], "image_truncated") if len(image) > 1 else (image * 3, "image_overlong"),
    ]
    for number, (packet, error) in enumerate(packets, 1):
        await bench.send_packet(packet)
        await bench.expect_fields("error", error)
        await bench.expect("images_dropped", before + number)
        await host.write("error", 0xFFFFFFFF)
        await bench.run_image(number % len(bench.job.images))
        await bench.expect_fields("error")


@scenario
async def reset(bench: Testbench) -> None:
    """A reset while an image comes in, is computed, or waits as a result; then all is as new."""
    job = bench.job
    rng = random.Random(job.seed)  # noqa: S311 (no secret)
    image_bytes, result_bytes = job.images.shape[1], job.results.shape[1]
    computed = job.cycles - result_bytes
    for first, end in (
        (1, image_bytes),
        (image_bytes + 3, max(image_bytes + 4, computed - 3)),
        (computed + 1, computed + 50),
    ):
        await bench.host.write_fields("control", "auto")
        bench.sink.pause = True
        await bench.send_image(0)
        await bench.cycles(rng.randrange(first, max(first + 1, end)))
        await bench.reset()
        bench.sink.pause = False
        for name in ("control", "irq_enable", "error", "cycles", "images_done", "images_dropped"):
            await bench.expect(name, 0)
        await bench.expect_fields("status", *([] if job.parameters else ["parameters_loaded"]))
        await bench.load_parameters()
        await bench.host.write_fields("control", "auto")
        cycles = await bench.run_image(1 % len(job.images))
        if cycles != job.cycles:
            bench.failures.append(f"After a reset an image took {cycles} cycles, not {job.cycles}")


@scenario
async def watchdog(bench: Testbench) -> None:
    """An inference that takes too long ends with a trap, and no other one does."""
    host, job = bench.host, bench.job
    before = await host.read("images_done")
    await host.write_fields("control", "auto")
    # As many cycles as an inference takes are enough.
    await host.write("watchdog", job.core_cycles)
    await bench.run_image(0)
    await bench.expect_fields("error")
    await host.write("watchdog", max(1, job.core_cycles // 2))
    await bench.send_image(0)
    await bench.cycles(bench.limit)
    await bench.expect_fields("error", "core_trap")
    await bench.expect_fields("trap", "valid")
    await bench.expect_fields("status", "done", "parameters_loaded", "error")
    await bench.expect("images_done", before + 1)
    await host.write("watchdog", 0)
    await host.write_fields("control", "auto", "flush")
    await host.write("error", 0xFFFFFFFF)
    await bench.expect_fields("trap")
    await bench.run_image(1 % len(job.images))
    await bench.expect("images_done", before + 2)


@scenario
async def debug(bench: Testbench) -> None:
    """After each step the core holds what the model holds; then it goes on; counters are right."""
    host, debugging = bench.host, bench.job.debugging
    if debugging is None:
        raise CheckFailure("There is nothing to compare the steps with")
    await host.write_fields("debug_control", "halt")
    await host.write_fields("control", "auto")
    await bench.send_image(0)
    await bench.cycles(len(bench.job.images[0]) + _CYCLES_TO_SETTLE)
    for number, step in enumerate(debugging.steps):
        await _still(bench)
        await host.write("debug_control", step.source << 8 | _masks(bench, "step"))
        await _still(bench)
        for index, value in step.reads:
            await _expect_debug_data(bench, index, value, f"after step {number}")
        if bench.failures:
            break
    await host.write_fields("debug_control", "resume")
    await bench.check_result(0)
    await bench.cycles(_CYCLES_TO_SETTLE)
    await bench.expect_fields("debug_status", "still")
    await bench.run_image(0)
    for index, value in debugging.counters:
        await _expect_debug_data(bench, index, value, "after an inference")


def _masks(bench: Testbench, *fields: str) -> int:
    return sum(bench.job.registers["debug_control"].fields[field] for field in fields)


async def _still(bench: Testbench) -> None:
    for _ in range(bench.limit):
        if {"halted", "still"} <= await bench.host.read_fields("debug_status"):
            return
    raise CheckFailure("A step does not end")


async def _expect_debug_data(bench: Testbench, index: int, value: int, when: str) -> None:
    await bench.host.write("debug_index", index)
    observed = await bench.host.read("debug_data")
    if observed != value:
        bench.failures.append(
            f"DEBUG_DATA of {index:#010x} reads {observed:#x} {when}, not {value:#x}"
        )
