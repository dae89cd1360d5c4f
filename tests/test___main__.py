"""``python -m hawx_hw``, in a folder with files that have the names of libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hawx_hw

ROOT = Path(hawx_hw.__file__).parents[1]


def test_it_is_the_command(tmp_path: Path) -> None:
    for name in ("json", "pydantic", "typer", "yaml"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from here')", "utf-8")
    # The names are those of libraries that `schema` imports; runpy has those it needs itself.
    done = subprocess.run(
        [sys.executable, "-m", "hawx_hw", "schema"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "accelerator" in done.stdout
