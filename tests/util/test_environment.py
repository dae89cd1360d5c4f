"""What reaches child processes: no module of the current folder, no options of other tools."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hawx_hw.util.environment import environment, python_command, python_path
from hawx_hw.util.processes import run


def python(code: str, **options):
    return run([sys.executable, "-P", "-S", "-c", code], tool="Python", limit=60.0, **options)


def test_no_module_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "numpy", "typing", "hawx_hw"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from here')")
    (tmp_path / "job.py").write_text("raise SystemExit('imported from here')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", *sys.path]))
    assert python("import json, typing").status == 0
    command = python_command("json.tool", "--help")
    for variables in ({}, python_path()):
        done = run(command, tool="Python", limit=60.0, folder=tmp_path, variables=variables)
        assert done.output.startswith("usage")
    # Nor a script's, such as those that Verilator's makefile runs.
    code = "import sys; print(sys.flags.safe_path)"
    assert run([sys.executable, "-c", code], tool="t", limit=60.0).output == "True\n"


def test_children_import_what_this_process_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "mine.py").write_text("import hawx_hw; print(hawx_hw.__file__)")
    done = run(python_command("mine"), tool="t", limit=60.0, variables=python_path())
    assert done.output.strip() == sys.modules["hawx_hw"].__file__


def test_relative_paths_of_modules_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", ["", "here", "/there"])
    own = str(Path(sys.modules["hawx_hw"].__file__ or "").parent.parent)
    assert python_path() == {"PYTHONPATH": f"/there:{own}"}


def test_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in {
        "MAKEFLAGS": "-n --jobserver-auth=3,4",
        "BASH_ENV": "x",
        "LC_ALL": "de_DE.ISO-8859-1",
        "PYTHONPATH": ":/a::/b:",
        "OTHER": "stays",
    }.items():
        monkeypatch.setenv(name, text)
    variables = environment()
    assert not {"MAKEFLAGS", "BASH_ENV"} & set(variables)
    assert variables["LC_ALL"] == "C.UTF-8"
    assert variables["PYTHONPATH"] == "/a:/b"
    assert variables["OTHER"] == "stays"
    done = python("import tempfile; print(tempfile.mkdtemp())", temporary=tmp_path)
    assert Path(done.output.strip()).parent == tmp_path


def test_output_is_utf8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert python("print('Größe')").output == "Größe\n"
    assert python("import os; os.write(1, bytes([255, 10]))").output == "\ufffd\n"
