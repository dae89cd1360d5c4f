"""C code is compiled once, for each source, option and compiler; failures are named.

The loading of the emulation's kernels is tested with them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.util import native_code
from hawx_hw.util.native_code import CompilerError, load

SOURCE = '#include "number.h"\nint answer(void) { return NUMBER; }\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "answer.c").write_text(SOURCE)
    (folder / "number.h").write_text("#define NUMBER 42\n")
    return folder / "answer.c"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that compile, as they are run."""
    commands = []
    run = native_code.run

    def recording(command, **options):
        if "-o" in command:
            commands.append(command)
        return run(command, **options)

    monkeypatch.setattr(native_code, "run", recording)
    return commands


def test_functions_can_be_called(source: Path) -> None:
    assert load(source).answer() == 42


def test_the_same_is_compiled_once(source: Path, compilations: list[list[str]]) -> None:
    assert load(source).answer() == load(source).answer() == 42
    assert len(compilations) == 1


def test_a_header_beside_it_counts(source: Path, compilations: list[list[str]]) -> None:
    assert load(source).answer() == 42
    source.with_name("number.h").write_text("#define NUMBER 43\n")
    assert load(source).answer() == 43
    assert len(compilations) == 2


def test_options_count(source: Path) -> None:
    source.write_text("int answer(void) { return NUMBER; }\n", encoding="utf-8")
    assert load(source, ["-DNUMBER=1"]).answer() == 1
    assert load(source, ["-DNUMBER=2"]).answer() == 2


def test_generated_text_counts(source: Path, compilations: list[list[str]]) -> None:
    source.write_text(
        '#include "generated.h"\nint answer(void) { return MADE; }\n', encoding="utf-8"
    )
    for number in (1, 2, 1):
        assert load(source, text=f"#define MADE {number}\n").answer() == number
    assert len(compilations) == 2


def test_the_compiler_counts(
    source: Path, tmp_path: Path, compilations: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(source)
    other = tmp_path / "other-cc"
    other.write_text('#!/bin/sh\nexec cc "$@"\n')
    other.chmod(0o755)
    monkeypatch.setenv("CC", str(other))
    load(source)
    assert [command[0] == str(other) for command in compilations] == [False, True]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: os.truncate(path, 0),
        lambda path: os.truncate(path, 5000),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?"),
        lambda path: path.unlink() or path.mkdir(),
    ],
)
def test_a_damaged_library_is_compiled_again(
    damage, source: Path, tmp_path: Path, compilations: list[list[str]]
) -> None:
    """In a process of its own: a library that is cut would end it with SIGBUS."""
    load(source)
    [cached] = (tmp_path / "cache" / "kernels").glob("*.so")
    damage(cached)
    program = (
        "import pathlib, sys; from hawx_hw.util.native_code import load;"
        "print(load(pathlib.Path(sys.argv[1])).answer())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, source], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("42\n", 0)
    assert load(source).answer() == 42
    # Repaired by the other process, unless there is a folder in its place.
    assert len(compilations) == 1 + cached.is_dir()


def test_a_library_that_is_cut_while_it_is_in_use(source: Path, tmp_path: Path) -> None:
    loaded = load(source)
    [cached] = (tmp_path / "cache" / "kernels").glob("*.so")
    os.truncate(cached, 0)
    assert loaded.answer() == 42


def test_nothing_but_the_library_stays(source: Path, tmp_path: Path) -> None:
    load(source)
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == ["", ".so"]
    assert {path.name for path in files if not path.suffix} == {"lock"}


def test_an_error_in_the_source_is_named(source: Path) -> None:
    source.write_text("int answer(void) { return }\n", encoding="utf-8")
    with pytest.raises(CompilerError, match=r"The C compiler failed: .*error"):
        load(source)


def test_without_a_compiler(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CompilerError, match="'no-such-compiler' is not on the PATH"):
        load(source)


def test_a_compiler_that_hangs(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    monkeypatch.setattr(native_code, "_TIMEOUT", 0.2)
    with pytest.raises(CompilerError, match=r"cannot be run: .* longer than 0\.2 s"):
        load(source)
