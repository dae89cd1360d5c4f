from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan as systolic_plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import emit_accelerator, plan_packet
from hawx_hw.design.sources import WAIVERS, verilog_sources
from hawx_hw.errors import UserError
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.graph.graph import Graph, MaxPool2d, Tensor
from hawx_hw.graph.reference import run
from hawx_hw.host.tops import (
    Board,
    Kind,
    packets,
    self_test_bytes,
    self_test_images,
    write_top,
)
from hawx_hw.simulation.build import run_tool
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.resources import rtl_templates
from tests.host.builds import HASH
from tests.host.networks import (
    images_of,
    lenet5_on_a_unit,
    lenet5_on_an_array,
    simt,
    systolic,
)
from tests.host.simulation import BOARD, SimulatedBoard, shared_build

BUILT_IN, LOADED = systolic(2, loadable=False), systolic(10, loadable=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# The files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["self-test", "host"])
def test_a_top_is_complete_and_the_same_each_time(kind, tmp_path) -> None:
    images = images_of(LOADED, 2)
    top = write_top(kind, LOADED, images, BOARD, tmp_path / "a")
    assert write_top(kind, LOADED, images, BOARD, tmp_path / "b") == top
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert sorted(files(tmp_path / "a")) == sorted(
        [*(f"rtl/{name}" for name in top.sources), *top.memories]
    )
    for content in files(tmp_path / "a").values():
        assert content.endswith(b"\n")
        assert b"\r" not in content
        assert str(tmp_path).encode() not in content


def test_all_templates_are_used(tmp_path) -> None:
    names = {"hawx_top.v"}
    for kind in ("self-test", "host"):
        names |= set(write_top(kind, BUILT_IN, images_of(BUILT_IN, 1), BOARD, tmp_path).sources)
    assert names == {"hawx_top.v"} | {p.name for p in (rtl_templates() / "fpga").iterdir()}


@pytest.mark.parametrize("plan", [BUILT_IN, LOADED])
def test_the_memory_of_a_self_test(plan: Plan, tmp_path) -> None:
    images = images_of(plan, 3)
    top = write_top("self-test", plan, images, BOARD, tmp_path)
    assert top.images == 3
    content = bytes(int(word, 16) for word in (tmp_path / top.memories[0]).read_text().split())
    assert len(content) == self_test_bytes(plan, 3)
    expected = plan_packet(plan) if plan.loadable else b""
    for image in images:
        result = run(plan.graph, image[np.newaxis], plan.assignment)[0]
        place = int(np.argmax(result.ravel()))
        assert result.ndim == 1
        expected += image.transpose(1, 2, 0).tobytes() + result.tobytes() + bytes([place, 0])
    assert content == expected


def test_packets_have_the_channels_of_a_pixel_together() -> None:
    codes = np.arange(12, dtype=np.int8).reshape(1, 3, 2, 2)
    assert packets(codes) == [bytes([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])]
    assert packets(np.array([[1, -1]], dtype=np.int8)) == [b"\x01\xff"]


def test_the_self_test_has_the_addresses_and_bits_of_the_register_map() -> None:
    text = (rtl_templates() / "fpga" / "hawx_self_test.v").read_text()
    plan = LOADED
    registers = accelerator_registers(
        plan.signature(), constants=plan.constants(), config_hash=0, version="0.0.0"
    )
    addresses = re.findall(r"(\w+) = 12'h(\w+)", text)
    assert len(addresses) == 4
    for name, address in addresses:
        assert registers[name.lower()].address == int(address, 16)
    masks = dict(re.findall(r"(AUTO|LOAD_PARAMETERS) = 32'h(\w+)", text))
    control = {field.name: field.mask for field in registers["control"].fields}
    assert {name.lower(): int(mask, 16) for name, mask in masks.items()} == {
        name: control[name] for name in ("auto", "load_parameters")
    }
    status = {field.name: field.mask for field in registers["status"].fields}
    assert f"LOADED_BIT = {status['parameters_loaded'].bit_length() - 1};" in text


# What is refused -------------------------------------------------------------------------------


def test_as_many_images_as_there_is_room_for(tmp_path) -> None:
    one = self_test_bytes(BUILT_IN, 1)
    assert self_test_images(BUILT_IN, one) == 1
    assert self_test_images(BUILT_IN, 3 * one - 1) == 2
    assert self_test_images(BUILT_IN, 1_000_000) == 99
    write_top("self-test", BUILT_IN, images_of(BUILT_IN, 2), BOARD, tmp_path, rom_bytes=2 * one)
    with pytest.raises(UserError, match=r"of 2 images needs .* Take 1 images or fewer"):
        write_top(
            "self-test", BUILT_IN, images_of(BUILT_IN, 2), BOARD, tmp_path, rom_bytes=2 * one - 1
        )


def test_parameters_that_are_too_large_are_refused_with_the_reason() -> None:
    room = self_test_bytes(LOADED, 1) - 1
    with pytest.raises(UserError, match=r"120 of them are its parameters.*parameters: rom"):
        self_test_images(LOADED, room)
    with pytest.raises(UserError, match="Take the host top, to which parameters and images"):
        self_test_images(BUILT_IN, 5)


def test_results_that_are_too_large_are_refused(tmp_path) -> None:
    graph = Graph("wide", "in", (MaxPool2d("out", ("in",), (1, 1), (1, 1)),), {
        name: Tensor((1, 256, 257), 1.0, 0) for name in ("in", "out")
    })  # fmt: skip
    plan = systolic_plan(graph, ArrayShape.complete(1, 1))
    with pytest.raises(UserError, match="at most 65,536 bytes, and those of wide have 65,792"):
        self_test_images(plan, 1 << 20)
    with pytest.raises(UserError, match="at most 65,536 bytes"):
        write_top("self-test", plan, images_of(plan, 1), BOARD, tmp_path)


@pytest.mark.parametrize("count", [0, 100])
def test_numbers_of_images_have_two_digits(count, tmp_path) -> None:
    with pytest.raises(ValueError, match=f"Images must be 1 to 99, not {count}"):
        write_top("self-test", BUILT_IN, images_of(BUILT_IN, count), BOARD, tmp_path)


def test_a_baud_rate_that_the_clock_cannot_make_is_refused() -> None:
    assert Board(25.0).divisor == 217
    assert Board(12.0, baud=1_000_000).divisor == 12
    for clock, baud in ((1.0, 115_200), (25.0, 10_000_000), (25.0, 300), (10.0, 2_200_000)):
        with pytest.raises(UserError, match="cannot make"):
            Board(clock, baud=baud)
    for wrong in ({"leds": 0}, {"leds": 9}, {"baud": 0}):
        with pytest.raises(ValueError, match="must be"):
            Board(25.0, **wrong)


def test_silence_has_room_for_bytes_at_any_rate() -> None:
    for board in (Board(25.0), Board(100.0, baud=9600), BOARD):
        cycles = 2**board.silence_bits
        assert cycles >= 0.25e6 * board.clock_mhz
        assert cycles >= 16 * 10 * board.divisor


# What tools make of the Verilog -------------------------------------------------------------------

KINDS: tuple[Kind, ...] = ("self-test", "host")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, list[Path]]:
    """The Verilog of both tops, with that of their accelerator."""
    build, folder = shared_build(tmp_path_factory.getbasetemp()), tmp_path_factory.mktemp("both")
    sources = {}
    for kind in KINDS:
        top = write_top(kind, build.plan, images_of(build.plan, 1), BOARD, folder / kind)
        own = [folder / kind / "rtl" / name for name in top.sources]
        sources[kind] = [*verilog_sources(build.folder), *own]
    return sources


@pytest.mark.parametrize("kind", ["self-test", pytest.param("host", marks=pytest.mark.slow)])
def test_verilator_warns_of_nothing(kind, both, tmp_path) -> None:
    verilator = find_simulator("verilator")
    command = [
        *(str(verilator.executable), "--lint-only", "-Wall", "--top-module", "hawx_top"),
        *(str(both[kind][0].parent / WAIVERS), *map(str, both[kind])),
    ]
    run_tool(command, tmp_path, verilator.environment, "Verilator")


@pytest.mark.parametrize("kind", KINDS)
def test_other_readers_take_it(kind, both, tmp_path) -> None:
    driver = pytest.importorskip("pyslang").driver.Driver()
    driver.addStandardArgs()
    assert driver.parseCommandLine(
        shlex.join(["slang", "--top", "hawx_top", *map(str, both[kind])])
    )
    assert driver.processOptions()
    assert driver.parseAllSources()
    driver.reportCompilation(driver.createCompilation(), True)
    assert driver.reportDiagnostics(True)
    if shutil.which("iverilog"):
        command = ["iverilog", "-g2005", "-Wall", "-t", "null", "-s", "hawx_top"]
        done = subprocess.run([*command, *map(str, both[kind])], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


#: A script for pyosys: reads files, the accelerator as a black box, and prints cells by type.
_SYNTHESIS = """
import json, sys
from pyosys import libyosys as ys

design = ys.Design()
# The memory reads its words when its parameters are known.
ys.run_pass("read_verilog -defer rtl/hawx_rom.v", design)
ys.run_pass("read_verilog rtl/hawx_accelerator.v", design)
ys.run_pass("blackbox hawx_accelerator", design)
for path in sys.argv[1:]:
    ys.run_pass(f"read_verilog rtl/{path}", design)
ys.run_pass("synth_ecp5 -top hawx_top", design)
ys.run_pass("tee -q -o stat.json stat -json", design)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "luts", "rams"), [("self-test", 650, 1), ("host", 650, 0)])
def test_tops_are_small(kind, luts, rams, tmp_path) -> None:
    """An LFE5U-25F has about 24,000 LUTs and 56 block RAMs."""
    plan = lenet5_on_an_array()
    emit_accelerator(plan, tmp_path, config_hash=HASH)
    top = write_top(kind, plan, images_of(plan, 2), BOARD, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _SYNTHESIS, *top.sources],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    cells = json.loads((tmp_path / "stat.json").read_text())["modules"]["\\hawx_top"]
    cells = cells["num_cells_by_type"]
    assert cells["LUT4"] + 2 * cells["CCU2C"] < luts, cells
    assert cells.get("DP16KD", 0) == rams, cells


# The hardware ----------------------------------------------------------------------------------

#: Parameters that are built in, and parameters that the test loads.
SMALL = {"systolic": BUILT_IN, "simt": simt(1)}


def classes(plan: Plan, images: np.ndarray) -> list[int]:
    results = packets(run(plan.graph, images, plan.assignment))
    return [int(np.argmax(np.frombuffer(packet, dtype=np.int8))) for packet in results]


def expected_text(plan: Plan, images: np.ndarray) -> str:
    text = "".join(
        f"image {number:02}: class {place:04x}, expected {place:04x}, "
        f"cycles {plan.cycles().core:08x}: pass\r\n"
        for number, place in enumerate(classes(plan, images), 1)
    )
    return f"{text}design {HASH:08x}: {len(images):02} of {len(images):02} images: PASS\r\n"


@pytest.mark.parametrize("architecture", SMALL)
def test_a_self_test_passes_and_shows_a_wrong_class(architecture, tmp_path) -> None:
    plan, events = SMALL[architecture], ["power"]
    count = 1 if architecture == "simt" else 2
    images = images_of(plan, count)
    emit_accelerator(plan, tmp_path / "accelerator", config_hash=HASH)
    board = SimulatedBoard.build(
        "self-test", plan, images, tmp_path / "accelerator", tmp_path, simulator="icarus"
    )
    report = board.run("self_test", events=events, limit=40_000)
    assert report["texts"] == [expected_text(plan, images)] * len(events)
    # Passed, not failed; so many images.
    assert report["leds"] == [count << 2 | 0b01] * len(events)

    if architecture == "simt":
        return
    # A byte of the first result that is not the largest, and the class of the second image.
    rom = tmp_path / "top" / "self_test.hex"
    words = rom.read_text().split()
    first, second = classes(plan, images)
    other = len(words) // 2 - 3 - (first == plan.signature().result_layout.bytes - 1)
    words[other] = f"{int(words[other], 16) ^ 1:02x}"
    words[-2] = f"{second + 1:02x}"
    rom.write_text("\n".join(words) + "\n")
    report = board.run("self_test", events=["power"], limit=40_000)
    cycles = f"cycles {plan.cycles().core:08x}: FAIL\r\n"
    assert report["texts"] == [
        f"image 01: class {first:04x}, expected {first:04x}, {cycles}"
        f"image 02: class {second:04x}, expected {second + 1:04x}, {cycles}"
        f"design {HASH:08x}: 00 of 02 images: FAIL\r\n"
    ]
    # Failed, not passed, none.
    assert report["leds"] == [0b10]


@pytest.mark.slow
@pytest.mark.parametrize(
    "plan",
    [LOADED, simt(19), lenet5_on_an_array(), lenet5_on_a_unit()],
    ids=["loaded-array", "loaded-unit", "lenet5-array", "lenet5-unit"],
)
def test_self_tests_of_other_accelerators(plan: Plan, tmp_path) -> None:
    emit_accelerator(plan, tmp_path / "accelerator", config_hash=HASH)
    # Numbers of two digits, once. The button is pressed in a test that a byte has started.
    images, events = images_of(plan, 11 if plan is LOADED else 2), ["power", "byte", "button"]
    board = SimulatedBoard.build("self-test", plan, images, tmp_path / "accelerator", tmp_path)
    report = board.run("self_test", events=events, limit=500_000)
    assert report["texts"] == [expected_text(plan, images)] * len(events)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            f"CORE_CYCLES(32'd{BUILT_IN.cycles().core})",
            f"CORE_CYCLES(32'd{BUILT_IN.cycles().core + 1})",
            f"cycles {BUILT_IN.cycles().core:08x}: FAIL\r\ndesign",
        ),
        # The image is a byte short, and dropped: no result comes, and the test ends there.
        (
            f"IMAGE_BYTES(6'd{BUILT_IN.signature().image_layout.bytes})",
            f"IMAGE_BYTES(6'd{BUILT_IN.signature().image_layout.bytes - 1})",
            f"image 01: class ffff, expected ffff, cycles 00000000: FAIL\r\ndesign {HASH:08x}: 00",
        ),
    ],
    ids=["cycles", "no result"],
)
def test_what_a_self_test_notices(before, after, text, tmp_path) -> None:
    emit_accelerator(BUILT_IN, tmp_path / "accelerator", config_hash=HASH)
    arguments = ("self-test", BUILT_IN, images_of(BUILT_IN, 2), tmp_path / "accelerator", tmp_path)
    changed = {before: after, "LIMIT(32'd": "LIMIT(32'd2000 + 0 * 32'd"}
    board = SimulatedBoard.build(*arguments, simulator="icarus", changed=changed)
    report = board.run("self_test", events=["power"], limit=40_000)
    assert text in report["texts"][0]
    assert report["texts"][0].endswith("00 of 02 images: FAIL\r\n")
    assert report["leds"] == [0b10]
