"""Compiles Verilog into a simulation, once for the same sources and options."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cocotb_tools import config as cocotb_config

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation.simulators import ANSWER_SECONDS, Simulator
from hawx_hw.util.caches import read_cached, usable_cache_folder, write_cached
from hawx_hw.util.files import read_bytes, read_text, sha256_file, write_json
from hawx_hw.util.locations import cache_folder
from hawx_hw.util.plain_paths import is_plain, original_paths, plain_path
from hawx_hw.util.processes import run
from hawx_hw.util.scratch import SCRATCH, scratch_folder

__all__ = [
    "RANDOM_START",
    "TOOL_SECONDS",
    "Simulation",
    "build_simulation",
    "make_program",
    "run_tool",
    "tool_variables",
]

#: What the testbench looks at inside the design; everything else may be optimized away.
_VISIBLE = """\
`verilator_config
public_flat_rd -module "hawx_core" -var "trace_*"
public_flat_rw -module "{top}" -var "clk"
public_flat_rw -module "{top}" -var "rst"
public_flat_rd -module "{top}" -var "irq"
public_flat_rw -module "{top}" -var "s_ax*"
public_flat_rw -module "{top}" -var "m_ax*"
"""
_SIGNAL = 'public_flat_rw -module "{{top}}" -var "{}"\n'
#: One step of optimization: a design is compiled about as long as it is simulated.
_OPTIMIZE = "-O1"
#: For netlists, which take minutes to compile otherwise.
_QUICK = "-O0"
#: Arguments of Verilator's program of a netlist: what nothing has set yet holds random bits.
RANDOM_START = ("+verilator+rand+reset+2", "+verilator+seed+{seed}")
#: Verilator's own C++ files, the same for every design.
_RUNTIME = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
_LOG_LINES = 15
#: A large array takes the compiler some minutes.
TOOL_SECONDS = 3600.0
#: In the folder of a simulation: the digest of its program; a link to cocotb's libraries where
#: their path is not plain.
_COMPLETE = "complete.json"
_LIBRARIES = "libraries"


@dataclass(frozen=True)
class Simulation:
    """A compiled design.

    Parameters
    ----------
    simulator : Simulator
    top : str
        Name of the top module.
    folder : Path
        What cocotb's runner calls the build folder.
    reused : bool
        It was there already.
    """

    simulator: Simulator
    top: str
    folder: Path
    reused: bool


def build_simulation(
    simulator: Simulator,
    sources: Sequence[Path],
    *,
    top: str,
    workdir: Path,
    waivers: Sequence[Path] = (),
    signals: Sequence[str] = (),
    netlist: bool = False,
) -> Simulation:
    """Compile ``sources``, or take what an earlier call made of the same.

    Parameters
    ----------
    simulator : Simulator
    sources : sequence of Path
        Verilog files, in the order in which they are read.
    top : str
        Name of the top module.
    workdir : Path
        Gets a folder ``sim-<hash>``; those of other sources are removed.
    waivers : sequence of Path
        Verilator control files.
    signals : sequence of str
        Names of signals of the top module that the testbench uses, beside those of an accelerator.
    netlist : bool
        Whether the sources are a mapped netlist with its cells. Verilator's C++ for it is long, and
        compiled without optimization; and registers may start with random bits there
        (:data:`RANDOM_START`).

    Raises
    ------
    UserError
        A source is missing.
    VerificationError
        The simulator does not accept the sources; the message has the end of its log.
    """
    for path in (*sources, *waivers):
        if not path.is_file():
            raise UserError(
                f"The Verilog file {path} is missing.", hint="Emit the accelerator anew."
            )
    visible = _VISIBLE + "".join(map(_SIGNAL.format, signals))
    key = _key(simulator, top, sources, waivers, visible, netlist)
    folder = workdir / f"sim-{simulator.name}-{key}"
    if _is_complete(folder):
        return Simulation(simulator, top, folder, reused=True)
    workdir.mkdir(parents=True, exist_ok=True)
    for other in workdir.glob(f"sim-{simulator.name}-*"):
        if other.is_dir() and not other.is_symlink():
            shutil.rmtree(other, ignore_errors=True)
        else:
            other.unlink(missing_ok=True)
    # Compiled where paths are plain, and then moved at once to where it stays.
    with scratch_folder("sim") as build, scratch_folder("sim", workdir / SCRATCH) as aside:
        result = aside / "sim"
        result.mkdir()
        if simulator.name == "verilator":
            _build_verilator(simulator, sources, waivers, top, build, visible, netlist)
            program = result / top
            if not _has_plain_libraries():
                (result / _LIBRARIES).symlink_to(_cocotb_library())
        else:
            _build_icarus(simulator, sources, top, build)
            program = result / "sim.vvp"
        shutil.copy(build / program.name, program)
        digest = sha256_file(program)
        write_json(result / _COMPLETE, {"program": program.name, "sha256": digest})
        write_cached(_voucher(digest), b"")
        result.rename(folder)
    return Simulation(simulator, top, folder, reused=False)


def _is_complete(folder: Path) -> bool:
    """Whether the program in ``folder`` is the one that was compiled, by this user.

    A build folder may be somebody else's: what it claims is not enough for a program that
    is to be run. Without a cache nothing is known of it, and it is compiled again.
    """
    try:
        content = json.loads(read_text(folder / _COMPLETE))
        program = folder / content["program"]
        libraries = Path(_cocotb_library())
        if not _has_plain_libraries() and (folder / _LIBRARIES).readlink() != libraries:
            return False
        digest = sha256_file(program)
        known = digest == content["sha256"] and read_cached(_voucher(digest)) is not None
        return known and _can_be_run(program)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _voucher(digest: str) -> Path | None:
    """The file in the user's cache that stands for a program that was compiled here."""
    cache = usable_cache_folder("simulations")
    return None if cache is None else cache / digest


def _can_be_run(program: Path) -> bool:
    return program.suffix == ".vvp" or os.access(program, os.X_OK)


def _key(
    simulator: Simulator,
    top: str,
    sources: Iterable[Path],
    waivers: Iterable[Path],
    visible: str,
    netlist: bool,
) -> str:
    digest = hashlib.sha256()
    optimize = _QUICK if netlist else _OPTIMIZE
    for text in (simulator.name, simulator.version, top, optimize, visible, _cocotb_library()):
        digest.update(os.fsencode(text) + b"\0")
    for path in (*sources, *waivers):
        digest.update(os.fsencode(path.name) + b"\0" + hashlib.sha256(read_bytes(path)).digest())
    return digest.hexdigest()[:16]


def _cocotb_library() -> str:
    # The simulation is linked to it by its path.
    return str(cocotb_config.libs_dir)


def _has_plain_libraries() -> bool:
    return is_plain(Path(_cocotb_library()))


def tool_variables(simulator: Simulator, folder: Path) -> dict[str, str]:
    """What must be set for a simulator that works in ``folder``, which may get links."""
    return {
        name: str(plain_path(Path(value), folder)) for name, value in simulator.environment.items()
    }


def _build_verilator(
    simulator: Simulator,
    sources: Sequence[Path],
    waivers: Sequence[Path],
    top: str,
    build: Path,
    visible_signals: str,
    netlist: bool,
) -> None:
    visible = build / "visible.vlt"
    visible.write_text(visible_signals.format(top=top), "utf-8")
    libraries = plain_path(Path(_cocotb_library()), build)
    # Through the link beside the program, where the path itself is not plain.
    at_run_time = _cocotb_library() if _has_plain_libraries() else f"'$$ORIGIN/{_LIBRARIES}'"
    main = Path(cocotb_config.share_dir) / "lib" / "verilator" / "verilator.cpp"
    command = [
        str(plain_path(simulator.executable, build)),
        "-cc",
        "--exe",
        "--vpi",
        *("-Mdir", str(build), "--prefix", "Vtop", "--top-module", top, "-o", top),
        *("--timescale", "1ns/1ps"),
        # One C++ file: the files of a small design take longer to open than to compile.
        *("--output-split", "0"),
        *(("--x-initial", "unique") if netlist else ()),
        *("-LDFLAGS", f"-Wl,-rpath,{at_run_time} -L{libraries} -lcocotbvpi_verilator"),
        *(str(plain_path(path.resolve(), build)) for path in (main, visible, *waivers, *sources)),
    ]
    run_tool(command, build, tool_variables(simulator, build), "Verilator")
    optimize = _QUICK if netlist else _OPTIMIZE
    make_program(simulator, build, prefix="Vtop", program=top, optimize=optimize)


def make_program(
    simulator: Simulator, build: Path, *, prefix: str, program: str, optimize: str = _OPTIMIZE
) -> None:
    """Compile the C++ that Verilator wrote with ``--vpi`` into ``build``.

    Parameters
    ----------
    simulator : Simulator
    build : Path
        Verilator's ``-Mdir``; gets the program.
    prefix, program : str
        Verilator's ``--prefix`` and ``-o``.
    optimize : str
        The compiler's option for the design's own C++.

    Raises
    ------
    VerificationError
        The compiler does not accept it; the message has the end of its log.
    """
    environment = tool_variables(simulator, build)
    # Verilator's own makefile calls a `python`, which Debian has not.
    python = plain_path(Path(sys.executable), build)
    make = ["make", "-f", f"{prefix}.mk", f"OPT_GLOBAL={_OPTIMIZE}", f"PYTHON3={python}"]
    objects = [f"{name}.o" for name in _RUNTIME]
    cached = _runtime_folder(simulator)
    contents = [read_cached(cached and cached / name) for name in objects]
    for name, content in zip(objects, contents):
        if content is not None:
            (build / name).write_bytes(content)
    if None in contents:
        fast = f"OPT_FAST={_OPTIMIZE}"
        run_tool([*make, fast, "-j2", *objects], build, environment, "The C++ compiler (make)")
        for name in objects:
            write_cached(cached and cached / name, read_bytes(build / name))
    run_tool(
        [*make, f"OPT_FAST={optimize}", program], build, environment, "The C++ compiler (make)"
    )


def _runtime_folder(simulator: Simulator) -> Path | None:
    """Cache of the objects that Verilator compiles for every design alike."""
    cache = cache_folder("verilator")
    path = shutil.which("c++")
    if cache is None or path is None:
        return None
    compiler = run([path, "-v"], tool="The C++ compiler", limit=ANSWER_SECONDS)
    digest = hashlib.sha256(f"{compiler.output}{_OPTIMIZE}".encode())
    for text in (simulator.version, str(simulator.executable)):
        digest.update(os.fsencode(text) + b"\0")
    return cache / digest.hexdigest()[:16]


def _build_icarus(simulator: Simulator, sources: Sequence[Path], top: str, build: Path) -> None:
    commands = build / "cmds.f"
    commands.write_text("+timescale+1ns/1ps\n", "utf-8")
    command = [
        str(plain_path(simulator.executable, build)),
        # What the Verilog is written in. In SystemVerilog a variable's initial value is no event,
        # and the blocks that wait for it to run at time zero would not.
        *("-g2005", "-s", top, "-o", str(build / "sim.vvp"), "-f", str(commands)),
        *(str(plain_path(path.resolve(), build)) for path in sources),
    ]
    run_tool(command, build, {}, "Icarus Verilog")


def run_tool(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    who: str,
    *,
    limit: float = TOOL_SECONDS,
) -> None:
    """Run ``command`` in ``folder``, where its temporary files go too.

    ``variables`` are set on top of the environment; ``who`` names the tool in the error; ``limit``
    is in seconds.

    Raises
    ------
    UserError
        It cannot be started, or takes longer.
    VerificationError
        It failed; the message has the end of its log.
    """
    done = run(command, tool=who, limit=limit, folder=folder, temporary=folder, variables=variables)
    if done.status:
        end = "\n".join(done.output.strip().splitlines()[-_LOG_LINES:])
        end = original_paths(end, folder)
        raise VerificationError(f"{who} failed:\n{end or f'It {done.ending}.'}")
