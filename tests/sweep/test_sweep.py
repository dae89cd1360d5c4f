"""A sweep is the same table whatever happens: kills, neighbors, workers elsewhere."""

from __future__ import annotations

import csv
import io
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.sweep import Space
from hawx_hw.sweep.clusters import connected
from hawx_hw.sweep.label import label
from hawx_hw.sweep.sweep import sweep, table
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load


def finished(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=600)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0


def test_table_of_a_sweep(sweeps) -> None:
    here = sweeps("one")
    finished(here.start("table.csv", 20))
    rows = list(csv.DictReader(io.StringIO((here.folder / "table.csv").read_text())))
    assert len(rows) == 20
    space = Space()
    # Those that cannot be built are left out, and others stand for them.
    expected = [i for i in range(40) if space[i].content["accelerator"]["rows"] != 13][:20]
    assert [int(row["index"]) for row in rows] == expected
    assert sorted(here.labeled()) == sorted(space[i].key for i in range(expected[-1] + 1))
    for row, index in zip(rows, expected, strict=True):
        content = space[index].content
        assert json.loads(row["design"]) == content
        assert row["key"] == space[index].key
        shape = content["accelerator"]
        assert float(row["area"]) == shape["rows"] * shape["columns"] + 0.5
        assert float(row["area_extra"]) == (1.5 if shape["rows"] % 2 else 0)
    assert list(rows[0]) == ["index", "key", "area", "area_extra", "area_pes", "design"]


def test_killed_and_continued(sweeps, whole) -> None:
    here = sweeps("killed")
    process = here.start("table.csv", 16, seconds=0.1)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 5:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    before = here.labeled()
    assert 5 <= len(before) < 16
    finished(here.start("table.csv", 16))
    tables = [(each.folder / "table.csv").read_bytes() for each in (whole, here)]
    assert tables[0] == tables[1]
    # At most the one that was under way is labeled twice.
    assert len(here.labeled()) <= len(whole.labeled()) + 1
    # And a longer sweep begins with a shorter one.
    finished(here.start("more.csv", 20))
    assert (here.folder / "more.csv").read_bytes().startswith(tables[0])


# Two writers of one store are in test_store.py too.
@pytest.mark.slow
def test_two_at_once_share_one_store(sweeps, whole) -> None:
    here = sweeps("two")
    both = [here.start(f"{name}.csv", 16, seconds=0.05) for name in "ab"]
    for process in both:
        finished(process)
    for name in "ab":
        expected = (whole.folder / "table.csv").read_bytes()
        assert (here.folder / f"{name}.csv").read_bytes() == expected
    entries = Store(here.folder / "store.sqlite").stats()["design"]["entries"]
    assert entries == len(set(here.labeled())) == len(whole.labeled())


def test_a_scheduler_with_two_workers(sweeps, whole) -> None:
    here = sweeps("cluster")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    common = {"cwd": here.folder, "env": here.environment(), "stderr": subprocess.DEVNULL}
    processes = [
        subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
            **common,
        )
    ]
    try:
        processes += [
            subprocess.Popen(
                [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                 "--preload", "fake.py"],
                **common,
            )
            for _ in range(2)
        ]  # fmt: skip
        for _ in range(3):
            try:
                with connected(scheduler=address) as client:
                    client.wait_for_workers(2, timeout=60)
                    rows = sweep(client, Space(), 16, images=4, shared_store=False)
                break
            except Exception:
                if processes[0].poll() is not None:
                    raise
        else:
            pytest.fail("no scheduler")
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert table(rows) == (whole.folder / "table.csv").read_text()
    assert len(here.labeled()) == len(whole.labeled())


def test_arguments() -> None:
    for arguments, message in (
        ({"count": 0}, r"^count must be at least 1, not 0$"),
        ({"count": 1, "images": 0}, r"^images must be at least 1, not 0$"),
    ):
        with pytest.raises(ValueError, match=message):
            sweep(None, Space(), **arguments)


@pytest.mark.slow
def test_a_real_design(tmp_path: Path) -> None:
    """The metrics agree with one another, and with those of the same design another time."""
    space = Space(datasets=["digits"])
    # A small one, so that it takes seconds.
    index = min(range(64), key=lambda i: space[i].content["accelerator"]["rows"]
                * space[i].content["accelerator"]["columns"])  # fmt: skip
    store = Store(tmp_path / "store.sqlite")
    first, again = (label(space[index], load("generic45"), images=4, store=store) for _ in range(2))
    assert first == again
    parts = [value for name, value in first.items() if name.startswith("area_")]
    assert sum(parts) == pytest.approx(first["area"], abs=0.01)
    energies = [value for name, value in first.items() if name.startswith("energy_")]
    energies.remove(first["energy_pj"])
    assert sum(energies) == pytest.approx(first["energy_pj"], rel=1e-6)
    power = first["energy_pj"] / (first["cycles"] / first["used_clock_mhz"])
    assert power == pytest.approx(first["power_uw"], rel=1e-6)
    assert first["used_clock_mhz"] <= 1000 / first["longest_path_ns"]
    assert first["memory_area"] > 0
