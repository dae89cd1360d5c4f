"""Synthetic labels in place of measurements, which count themselves; in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FAKE = """
import os, time
from pathlib import Path
from hawx_hw.sweep import sweep

def label(design, technology, *, images, store):
    shape = design.content["accelerator"]
    time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
    with Path(os.environ["FAKE_LOG"]).open("a") as log:
        log.write(design.key + "\\n")
    if shape["rows"] == 13:
        raise sweep.Infeasible("thirteen")
    extra = {"area_extra": 1.5} if shape["rows"] % 2 else {}
    return {"area": shape["rows"] * shape["columns"] + images / 8, "area_pes": 0.1, **extra}

sweep.label = label
"""
SWEEP = """
import sys, fake
from pathlib import Path
from distributed import Client
from hawx_hw.sweep import Space
from hawx_hw.sweep.sweep import sweep, table
from hawx_hw.synthesis.store import Store
if __name__ == "__main__":
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as c:
        rows = sweep(c, Space(), int(sys.argv[3]), images=4, store=Store(Path(sys.argv[1])),
                     progress=lambda done, of: print(done, flush=True))
    Path(sys.argv[2]).write_text(table(rows))
"""


class FakeSweeps:
    """Sweeps in processes of their own, with synthetic labels."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = folder / "log"
        (folder / "fake.py").write_text(FAKE)
        (folder / "run.py").write_text(SWEEP)

    def environment(self, seconds: float = 0.0) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
            "FAKE_LOG": str(self.log),
            "FAKE_SECONDS": str(seconds),
            "HAWX_STORE": str(self.folder / "store.sqlite"),
        }

    def start(self, output: str, count: int, seconds: float = 0.0) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "run.py", "store.sqlite", output, str(count)],
            cwd=self.folder,
            env=self.environment(seconds),
            stdout=subprocess.PIPE,
            text=True,
        )

    def labeled(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> FakeSweeps:
    """A sweep of 16 designs that nothing has disturbed; its table is ``table.csv``."""
    sweeps = FakeSweeps(tmp_path_factory.mktemp("whole"))
    process = sweeps.start("table.csv", 16)
    process.communicate(timeout=120)
    assert process.returncode == 0
    return sweeps


@pytest.fixture
def sweeps(tmp_path: Path) -> Callable[[str], FakeSweeps]:
    def make(name: str) -> FakeSweeps:
        (tmp_path / name).mkdir()
        return FakeSweeps(tmp_path / name)

    return make
