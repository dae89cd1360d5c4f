import ctypes
import stat
import sys

import pytest

from hawx_hw.emulation import compiler
from hawx_hw.emulation.compiler import CompilerError
from hawx_hw.util import native_code

BASELINE = compiler.VARIANTS[0]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no library that is already loaded."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compiler, "_FLAGS", ("-O1", *compiler._FLAGS[1:]))  # sooner compiled
    compiler.library.cache_clear()
    compiler.supported.cache_clear()
    yield tmp_path / "cache" / "hawx_hw" / "kernels"
    compiler.library.cache_clear()
    compiler.supported.cache_clear()


def script(path, text):
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_kernels_are_compiled_once(cache, monkeypatch):
    library = compiler.library(BASELINE)
    assert library.hawx_elements() == 8
    (cached,) = cache.iterdir()
    assert cached.name.startswith("kernels-")
    compiler.library.cache_clear()
    calls = []
    run = native_code.run

    def counting(command, **options):
        calls.append(command)
        return run(command, **options)

    monkeypatch.setattr(native_code, "run", counting)
    assert compiler.library(BASELINE).hawx_elements() == 8
    assert [command[1:] for command in calls] == [["-v"]]
    assert list(cache.iterdir()) == [cached]


def test_other_sources_or_flags_are_other_files(cache, tmp_path, monkeypatch):
    compiler.library(BASELINE)
    for path in compiler._SOURCES.glob("*.[ch]"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "entries.h").open("a") as file:
        file.write("/* changed */\n")
    monkeypatch.setattr(compiler, "_SOURCES", tmp_path)
    compiler.library.cache_clear()
    compiler.library(BASELINE)
    compiler.library(compiler.Variant("other", (*BASELINE.flags, "-DOTHER"), 0))
    assert len(list(cache.iterdir())) == 3


def test_a_damaged_file_is_compiled_anew(cache):
    compiler.library(BASELINE)
    (cached,) = cache.iterdir()
    # As another inode: the loader would reuse the mapped one.
    cached.unlink()
    cached.write_bytes(b"no library")
    compiler.library.cache_clear()
    assert compiler.library(BASELINE).hawx_elements() == 8
    assert ctypes.CDLL(str(cached)).hawx_elements() == 8


def test_a_cache_that_cannot_be_written_only_costs_time(cache):
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where the folder should be")
    assert compiler.library(BASELINE).hawx_elements() == 8


def test_without_a_compiler(cache, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CompilerError, match="'no-such-compiler' is not on the PATH"):
        compiler.supported()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys; print('no license'); sys.exit(1)", "The C compiler failed: no license"),
        (
            "import pathlib, sys\n"
            "if '-o' in sys.argv: pathlib.Path(sys.argv[-1]).write_text('nothing')",
            "cannot be loaded",
        ),
    ],
)
def test_a_broken_compiler(cache, tmp_path, monkeypatch, text, message):
    monkeypatch.setenv("CC", script(tmp_path / "cc", text))
    with pytest.raises(CompilerError, match=message):
        compiler.library(BASELINE)
    assert not cache.exists()


def test_a_compiler_that_cannot_be_run(cache, tmp_path, monkeypatch):
    path = tmp_path / "cc"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    monkeypatch.setenv("CC", str(path))
    with pytest.raises(CompilerError, match="The C compiler cannot be run"):
        compiler.library(BASELINE)


def test_any_cpu_runs_the_baseline():
    variants = compiler.supported()
    assert variants[-1] == BASELINE
    assert list(variants) == [v for v in reversed(compiler.VARIANTS) if v in variants]
