"""Compiles Verilog into a simulation, once for the same sources and options."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cocotb_tools import config as cocotb_config

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation.simulators import ANSWER_SECONDS, Simulator
from hawx_hw.util.locations import cache_folder
from hawx_hw.util.processes import run
from hawx_hw.util.scratch import SCRATCH, scratch_folder

__all__ = ["TOOL_SECONDS", "Simulation", "build_simulation", "make_program", "run_tool"]

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
#: One step of optimization: a design is compiled about as long as it is simulated.
_OPTIMIZE = "-O1"
#: Verilator's own C++ files, the same for every design.
_RUNTIME = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
_LOG_LINES = 15
#: A large array takes the compiler some minutes.
TOOL_SECONDS = 3600.0


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
    key = _key(simulator, top, sources, waivers)
    folder = workdir / f"sim-{simulator.name}-{key}"
    if folder.is_dir():
        return Simulation(simulator, top, folder, reused=True)
    workdir.mkdir(parents=True, exist_ok=True)
    for other in workdir.glob(f"sim-{simulator.name}-*"):
        shutil.rmtree(other, ignore_errors=True)
    with scratch_folder("sim", workdir / SCRATCH) as aside:
        build = aside / "build"
        build.mkdir()
        if simulator.name == "verilator":
            _build_verilator(simulator, sources, waivers, top, build)
        else:
            _build_icarus(simulator, sources, top, build)
        build.rename(folder)
    return Simulation(simulator, top, folder, reused=False)


def _key(simulator: Simulator, top: str, sources: Iterable[Path], waivers: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for text in (simulator.name, simulator.version, top, _OPTIMIZE, _VISIBLE, _cocotb_library()):
        digest.update(text.encode() + b"\0")
    for path in (*sources, *waivers):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _cocotb_library() -> str:
    # The simulation is linked to it by its path.
    return str(cocotb_config.libs_dir)


def _build_verilator(
    simulator: Simulator,
    sources: Sequence[Path],
    waivers: Sequence[Path],
    top: str,
    build: Path,
) -> None:
    visible = build / "visible.vlt"
    visible.write_text(_VISIBLE.format(top=top), "utf-8")
    libraries = _cocotb_library()
    main = Path(cocotb_config.share_dir) / "lib" / "verilator" / "verilator.cpp"
    command = [
        str(simulator.executable),
        "-cc",
        "--exe",
        "--vpi",
        *("-Mdir", str(build), "--prefix", "Vtop", "--top-module", top, "-o", top),
        *("--timescale", "1ns/1ps"),
        # One C++ file: the files of a small design take longer to open than to compile.
        *("--output-split", "0"),
        *("-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"),
        str(main),
        *(str(path.resolve()) for path in (visible, *waivers, *sources)),
    ]
    run_tool(command, build, simulator.environment, "Verilator")
    make_program(simulator, build, prefix="Vtop", program=top)


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
    environment = simulator.environment
    make = ["make", "-f", f"{prefix}.mk", f"OPT_GLOBAL={_OPTIMIZE}"]
    objects = [f"{name}.o" for name in _RUNTIME]
    cached = _runtime_folder(simulator)
    if cached is not None and cached.is_dir():
        for name in objects:
            shutil.copyfile(cached / name, build / name)
    else:
        fast = f"OPT_FAST={_OPTIMIZE}"
        run_tool([*make, fast, "-j2", *objects], build, environment, "The C++ compiler")
        if cached is not None:
            _keep([build / name for name in objects], cached)
    run_tool([*make, f"OPT_FAST={optimize}", program], build, environment, "The C++ compiler")


def _runtime_folder(simulator: Simulator) -> Path | None:
    """Cache of the objects that Verilator compiles for every design alike."""
    cache = cache_folder("verilator")
    path = shutil.which("c++")
    if cache is None or path is None:
        return None
    compiler = run([path, "-v"], tool="The C++ compiler", limit=ANSWER_SECONDS)
    digest = hashlib.sha256(f"{compiler.output}{_OPTIMIZE}".encode())
    for text in (simulator.version, str(simulator.executable)):
        digest.update(text.encode() + b"\0")
    return cache / digest.hexdigest()[:16]


def _keep(objects: Sequence[Path], folder: Path) -> None:
    """Copy ``objects`` into ``folder``, which is there with all of them or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder("verilator") as aside:
            content = aside / "objects"
            content.mkdir()
            for path in objects:
                shutil.copyfile(path, content / path.name)
            content.rename(folder)
    except OSError:
        # Another process has put them there, or the cache cannot be written: it only saves time.
        return


def _build_icarus(simulator: Simulator, sources: Sequence[Path], top: str, build: Path) -> None:
    commands = build / "cmds.f"
    commands.write_text("+timescale+1ns/1ps\n", "utf-8")
    command = [
        str(simulator.executable),
        # What the Verilog is written in. In SystemVerilog a variable's initial value is no event,
        # and the blocks that wait for it to run at time zero would not.
        *("-g2005", "-s", top, "-o", str(build / "sim.vvp"), "-f", str(commands)),
        *(str(path.resolve()) for path in sources),
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
        raise VerificationError(f"{who} failed:\n{end or f'It {done.ending}.'}")
