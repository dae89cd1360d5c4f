"""Commands leave nothing in the system's temporary folder, and no scratch files in ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hawx_hw
from tests.caches import share_tools


@pytest.mark.parametrize(
    "arguments",
    [
        # Yosys, its cache of liberty files, and ABC.
        ("blocks", "implementations", "drum(k=4)", "--technology", "generic45"),
        # Torch, which loads its compiler.
        ("train", "--epochs", "1"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_temporary_files(arguments: tuple[str, ...], tmp_path: Path) -> None:
    temporary, cache = tmp_path / "temporary", tmp_path / "cache"
    temporary.mkdir()
    cache.mkdir()
    share_tools(cache)
    environment = os.environ | {
        "PYTHONPATH": str(Path(hawx_hw.__file__).parents[1]),
        "TMPDIR": str(temporary),
        "HAWX_CACHE": str(cache),
    }
    code = "import sys; from hawx_hw.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=True)
    assert not list(temporary.iterdir())
    assert [path.name for path in (cache / "scratch").iterdir()] == ["lock"]
