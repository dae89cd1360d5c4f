import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.design.sources import FILE_LIST, WAIVERS, verilog_sources
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.names import TRACE
from hawx_hw.netlist.cell_verilog import cell_verilog
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.technology import load
from hawx_hw.util.disk import FullError
from hawx_hw.util.processes import Finished, TimeLimitError
from hawx_hw.verification import run
from hawx_hw.verification.job import SCENARIOS, save_job
from hawx_hw.verification.result import ScenarioResult
from hawx_hw.verification.run import Mismatch, verify
from hawx_hw.verification.testbench_report import TestbenchReport

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog")
#: Of a tiny design the one is compiled in no time, the other in seconds.
QUICK = "verilator" if shutil.which("iverilog") is None else "icarus"


@pytest.fixture(scope="module")
def check(tiny, tmp_path_factory):
    """Verifies the tiny accelerator; it is compiled once."""
    workdir = tmp_path_factory.mktemp("verify")

    def run(job, **options):
        return verify(tiny, job, workdir=workdir, **({"simulator": QUICK} | options))

    return run


def one_scenario(make_job, name="inference", **changes):
    return make_job(scenarios=(name,), images=3, **changes)


@pytest.mark.parametrize("loadable", [False, True])
@pytest.mark.parametrize("simulator", ["verilator", pytest.param("icarus", marks=needs_icarus)])
def test_a_right_accelerator_passes(simulator, loadable, emit, make_job, tmp_path):
    directory = emit(tmp_path / "tiny", loadable=loadable)
    job = make_job(loadable=loadable)
    seen = []
    report = verify(
        directory,
        job,
        workdir=tmp_path / "work",
        simulator=simulator,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert report.images == 6
    assert report.traced == 2
    assert report.mismatches == 0
    assert report.inferences == 6 + 1 + 4 + 6 + 2 + 4 + 3
    assert report.cycles_per_image == report.cycles_predicted == job.cycles
    assert report.cycles_of_layers == {layer.name: layer.cycles for layer in job.layers}
    assert list(report.scenarios) == sorted(SCENARIOS)
    passed = ScenarioResult(passed=True, failures=())
    assert all(entry == passed for entry in report.scenarios.values())
    assert report.simulator == simulator
    assert seen
    assert all(total == report.inferences for _, total in seen)


def corrupted(array, *place):
    wrong = array.copy()
    wrong[place] ^= 0x10
    return wrong


def test_wrong_result_is_named(check, make_job):
    good = one_scenario(make_job)
    job = replace(good, results=corrupted(good.results, 2, 7))
    with pytest.raises(Mismatch) as caught:
        check(job)
    seen, expected = good.results.view(np.int8)[2, 7], job.results.view(np.int8)[2, 7]
    assert str(caught.value) == (
        "Verification failed in scenario 'inference': Image 2, result of layer 1 (add): "
        f"channel 1, pixel (0, 1) is {seen}, not {expected} (1 of 120 codes differ)"
    )
    assert caught.value.result.mismatches == 1
    assert caught.value.result.images == 3
    assert (caught.value.scenario, caught.value.image, caught.value.write) == ("inference", 2, None)


def test_wrong_write_is_named_by_layer_channel_and_pixel(check, make_job):
    good = one_scenario(make_job)
    layer = good.layers[0]
    word = 4 * 5 + 2 * 5 + 3  # the second group of channels, y 2, x 3
    wrong = replace(layer, data=corrupted(layer.data, 1, word, 1))
    with pytest.raises(Mismatch) as caught:
        check(replace(good, layers=(wrong, good.layers[1])))
    seen, expected = (t.data.view(np.int8)[1, word, 1] for t in (layer, wrong))
    assert str(caught.value) == (
        "Verification failed in scenario 'inference': Image 1, layer 0 (negate): "
        f"channel 5, pixel (2, 3) is {seen}, not {expected}"
    )


def test_codes_without_a_channel_are_not_compared(check, make_job):
    good = one_scenario(make_job)
    layer = good.layers[0]
    unused = replace(layer, data=corrupted(layer.data, 1, 4 * 5 + 13, 3))
    assert check(replace(good, layers=(unused, good.layers[1]))).traced == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda layer: replace(layer, address=layer.address + 1),
            "Image 0, layer 0 (negate): write 0 (channel 0, pixel (0, 0)) went to word 40, not 41",
        ),
        (
            lambda layer: replace(
                layer,
                address=layer.address[:-1],
                data=layer.data[:, :-1],
                place=layer.place[:-1],
                channels=layer.channels[:-1],
            ),
            "Image 0, layer 0 (negate): 40 words were written, not 39",
        ),
        (
            lambda layer: replace(layer, cycles=layer.cycles + 1),
            "CYCLES reads 0xa0, not 0xa1",
        ),
    ],
)
def test_other_wrong_writes(change, message, check, make_job):
    good = one_scenario(make_job)
    with pytest.raises(Mismatch) as caught:
        check(replace(good, layers=(change(good.layers[0]), good.layers[1])))
    assert str(caught.value) == f"Verification failed in scenario 'inference': {message}"


def test_cycles_of_a_layer_are_compared(check, make_job):
    good = one_scenario(make_job)
    first, second = good.layers
    layers = (replace(first, cycles=first.cycles - 1), replace(second, cycles=second.cycles + 1))
    with pytest.raises(Mismatch, match=r": Layer 0 \(negate\) took 80 cycles, not 79$"):
        check(replace(good, layers=layers))


def test_wrong_number_of_cycles(check, make_job):
    good = one_scenario(make_job)
    with pytest.raises(Mismatch) as caught:
        check(replace(good, cycles=good.cycles + 1))
    assert str(caught.value) == (
        f"Verification failed in scenario 'inference': Image 0 took {good.cycles} cycles, "
        f"not {good.cycles + 1}"
    )


def test_wrong_register(check, make_job):
    good = one_scenario(make_job, "registers")
    registers = dict(good.registers)
    registers["config_hash"] = replace(registers["config_hash"], value=7)
    with pytest.raises(Mismatch, match=r": CONFIG_HASH reads 0x600d600d, not 0x7$"):
        check(replace(good, registers=registers))


def broken(tiny, folder, file, old, new):
    """A copy of the tiny accelerator with a fault in its Verilog."""
    shutil.copytree(tiny, folder)
    path = folder / "rtl" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return folder


FAULTS = {
    # A core that never ends, results that are overwritten, images that may be too long.
    "hang": (
        "hawx_shell.v",
        ".done(core__done)",
        ".done(1'b0)",
        "inference",
        "Image 0: no result within 2806 cycles",
    ),
    "overwrite": (
        "hawx_shell.v",
        "assign core__result_free = ~ ",
        "assign core__result_free = 1'b1 | ",
        "back_to_back",
        "Image 0, result of layer 1 (add): channel ",
    ),
    "length": (
        "hawx_image_loader.v",
        "walker__last & bytes_in__payload__last;",
        "walker__last;",
        "wrong_packets",
        "ERROR has IMAGE_TRUNCATED set, not IMAGE_OVERLONG",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_in_the_verilog_are_detected(fault, tiny, make_job, tmp_path):
    file, old, new, scenario, message = FAULTS[fault]
    directory = broken(tiny, tmp_path / "broken", file, old, new)
    job = one_scenario(make_job, scenario)
    with pytest.raises(Mismatch) as caught:
        verify(directory, job, workdir=tmp_path / "work", simulator=QUICK)
    assert str(caught.value).startswith(f"Verification failed in scenario {scenario!r}: {message}")


@pytest.mark.parametrize("name", TRACE.values())
def test_a_core_without_a_signal_of_the_write_trace(name, tiny, make_job, tmp_path):
    directory = broken(tiny, tmp_path / "broken", "hawx_core.v", name, f"no_{name}")
    message = f"scenario 'inference': The core has no signal {name} of the write trace"
    with pytest.raises(Mismatch, match=message):
        verify(directory, one_scenario(make_job), workdir=tmp_path / "work", simulator=QUICK)


@pytest.fixture(scope="module")
def netlist(tiny, tmp_path_factory, shared_store):
    """The tiny accelerator on standard cells, with models of these."""
    folder = tmp_path_factory.mktemp("netlist")
    technology = load("generic45")
    sources = {path.name: path.read_text() for path in verilog_sources(tiny)}
    (mapped,) = map_designs(
        [(sources, "hawx_accelerator")], technology, clock_gating=True, jobs=2, store=shared_store
    )
    shutil.copytree(tiny, folder, dirs_exist_ok=True)
    kinds = [technology.library.cells[group.kind] for group in mapped.flat.groups]
    (folder / "rtl" / "cells.v").write_text(cell_verilog(kinds))
    (folder / "rtl" / "netlist.v").write_text(mapped.verilog)
    (folder / "rtl" / FILE_LIST).write_text("cells.v netlist.v hawx_sdp_ram.v hawx_rom.v")
    waivers = "`verilator_config\nlint_off -rule LATCH\nlint_off -rule UNOPTFLAT\n"
    (folder / "rtl" / WAIVERS).write_text(waivers)
    return folder


def test_a_netlist_passes_whatever_its_registers_start_with(netlist, make_job, tmp_path):
    for seed in (0, 1):
        job = make_job(images=2, traced=0, seed=seed)
        report = verify(netlist, job, workdir=tmp_path, simulator="verilator", netlist=True)
        assert (report.images, report.mismatches) == (2, 0)
        assert report.cycles_per_image == job.cycles
        assert all(scenario.passed for scenario in report.scenarios.values())


@pytest.mark.slow
def test_a_wrong_cell_of_a_netlist_is_detected(netlist, make_job, tmp_path):
    folder = tmp_path / "wrong"
    shutil.copytree(netlist, folder)
    path = folder / "rtl" / "netlist.v"
    before, core = path.read_text().split("\nmodule hawx_core", 1)
    changed = core.replace("  NOR2 ", "  NAND2 ", 1)
    assert changed != core
    path.write_text(f"{before}\nmodule hawx_core{changed}")
    with pytest.raises(Mismatch):
        verify(folder, one_scenario(make_job, traced=0), workdir=tmp_path / "work",
               simulator="verilator", netlist=True)  # fmt: skip


def test_no_images(tiny, make_job, tmp_path):
    good = make_job(traced=0)
    job = replace(good, images=good.images[:0], results=good.results[:0])
    with pytest.raises(VerificationError, match=r"^There are no images to verify\.$"):
        verify(tiny, job, workdir=tmp_path)


def test_testbench_that_does_not_report(check, make_job, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "sim", lambda: tmp_path)
    with pytest.raises(VerificationError, match=r"^The testbench did not report.\n(.|\n)*hawx_sim"):
        check(one_scenario(make_job))


def test_cocotb_in_any_path(check, make_job, tmp_path, monkeypatch):
    """Neither its libraries nor the testbench may be where lists of paths are cut."""
    odd = tmp_path / "a b:c;d,e"
    odd.mkdir()
    library, function = run.cocotb_config.pygpi_entry_point().rsplit(",", 1)
    for path in (run.sim(), Path(library)):
        (odd / path.name).symlink_to(path)
    monkeypatch.setattr(run, "sim", lambda: odd / "sim")
    entry_point = f"{odd / Path(library).name},{function}"
    monkeypatch.setattr(run.cocotb_config, "pygpi_entry_point", lambda: entry_point)
    assert check(one_scenario(make_job)).images == 3


def test_no_room_is_no_failed_verification(tmp_path):
    (tmp_path / "simulation.log").write_text("OSError: [Errno 28] No space left on device\n")
    with pytest.raises(FullError):
        run._read_report(tmp_path)


def test_report_that_lacks_a_scenario(check, make_job, monkeypatch):
    job = one_scenario(make_job)
    monkeypatch.setattr(
        run,
        "_simulate",
        lambda simulation, job, folder, *_: report(job, scenarios={}).write(folder / "report.json"),
    )
    with pytest.raises(
        VerificationError, match=r"^The testbench did not report on scenario 'inference'\."
    ):
        check(job)


def report(job, **changes):
    good = TestbenchReport(
        scenarios={name: ScenarioResult(passed=True, failures=()) for name in job.scenarios},
        images=len(job.images),
        traced=job.traced,
        inferences=len(job.images),
        inferences_total=len(job.images),
        mismatches=0,
        wrong_images={},
        wrong_writes={},
        cycles=(job.cycles,) * len(job.images),
        layer_cycles=tuple(layer.cycles for layer in job.layers),
    )
    return good.model_copy(update=changes)


@pytest.mark.parametrize(
    ("scenario", "changes", "message"),
    [
        ("inference", {"images": 2}, "Only 2 of 3 images were compared with the reference."),
        ("inference", {"traced": 1}, "Only 1 of 2 traced images were compared with the reference."),
        ("inference", {"cycles": ()}, "The cycles of some image were not measured."),
        ("inference", {"mismatches": 1}, "1 results differ from the reference."),
        ("stalls", {"inferences": 0}, "No image was compared with the reference."),
    ],
)
def test_reports_that_prove_nothing(scenario, changes, message, check, make_job, monkeypatch):
    job = one_scenario(make_job, scenario)
    monkeypatch.setattr(
        run,
        "_simulate",
        lambda simulation, job, folder, *_: report(job, **changes).write(folder / "report.json"),
    )
    with pytest.raises(VerificationError) as caught:
        check(job)
    assert str(caught.value) == message


KILLED = """
import sys
from pathlib import Path
from hawx_hw.verification.job import load_job
from hawx_hw.verification.run import verify
directory, job, workdir, simulator = sys.argv[1:]
verify(Path(directory), load_job(Path(job)), workdir=Path(workdir), simulator=simulator)
"""


def test_a_simulation_ends_with_the_tool_that_was_killed(tiny, make_job, tmp_path):
    job = save_job(make_job(images=3000, traced=0, scenarios=("inference",)), tmp_path / "job")
    work = tmp_path / "work"
    command = [sys.executable, "-c", KILLED, str(tiny), str(job), str(work), QUICK]
    with subprocess.Popen(command) as tool:
        reports = eventually(lambda: list(work.glob("run-*/report.json")))
        children = (
            Path(f"/proc/{tool.pid}/task/{tool.pid}/children").read_text(encoding="utf-8").split()
        )
        tool.kill()
    assert len(children) == 2  # the simulation, and the guard that ends it
    eventually(lambda: not any(map(is_running, children)))
    assert json.loads(reports[0].read_text())["inferences"] < 3000


def test_a_simulation_that_hangs(check, make_job, monkeypatch):
    monkeypatch.setattr(run, "_IDLE_SECONDS", 0.01)
    monkeypatch.setattr(run, "_CYCLE_SECONDS", 0.0)
    with pytest.raises(TimeLimitError, match=r"^The simulation took longer than 0\.01 s\."):
        check(one_scenario(make_job))


def test_a_simulation_that_crashes_is_no_failed_verification(check, make_job, monkeypatch):
    given = {}

    def crashed(command, **options):
        given.update(options)
        return Finished(-11, "")

    monkeypatch.setattr(run.processes, "run", crashed)
    monkeypatch.setattr("sys.path", ["", *sys.path])
    monkeypatch.setenv("MAKEFLAGS", "-n")
    with pytest.raises(UserError, match=r"The simulation was ended by SIGSEGV\. The system"):
        check(one_scenario(make_job))
    paths = given["variables"]["PYTHONPATH"].split(os.pathsep)
    assert all(Path(path).is_absolute() for path in paths)
    assert "MAKEFLAGS" not in given["variables"]
    assert given["variables"]["COCOTB_TEST_MODULES"]


def eventually(condition):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise TimeoutError("It does not come true")


def is_running(process):
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    # Where nobody adopts orphans, they stay as zombies.
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def test_no_accelerator(make_job, tmp_path):
    with pytest.raises(UserError) as caught:
        verify(tmp_path / "nowhere", make_job(), workdir=tmp_path / "work")
    assert str(caught.value) == (
        f"There is no accelerator in {tmp_path / 'nowhere'}. Emit it first: hawx emit CONFIG"
    )
