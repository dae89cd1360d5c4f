"""The Yosys commands that map a design onto standard cells."""

from __future__ import annotations

from collections.abc import Mapping

from hawx_hw.util.quoting import abc_word, yosys_word

__all__ = ["script"]

#: The fewest flip-flops that get a clock gate: it costs about as much as the clocks of two, and
#: runs always.
FEWEST_GATED = 4
_ENABLES_FIRST = ("proc", "opt -nodffe -nosdff", "opt_dff -nosdff")


def script(job: dict[str, object]) -> list[str]:
    """The Yosys commands of a job; every path is quoted for Yosys.

    The hierarchy is kept, so each kind of module is mapped once. Memory macros are black boxes.
    ABC runs twice, first on plain gates: that costs no time in all and gives less area.

    Yosys would convert the liberty file for ABC, and keep the result in the system's temporary
    folder under a hash of the liberty file's path: a file for each folder that a module is mapped
    in, and one that another library at the same path would silently be replaced by. That cache is
    switched off; ABC then reads the liberty file itself, which is faster and gives the same gates.

    For clock gating, enables are found before synchronous resets are: a flip-flop that has both
    then gets one enable for both, since a clock gate cannot let a reset through by itself.

    Parameters
    ----------
    job : dict
        ``sources``, ``top``, ``liberty``, ``dont_use``; the files ``netlist`` (JSON) and
        ``verilog`` that are written. Optional: ``declarations`` (a file of empty modules),
        ``constraints`` (of ABC), ``period_ps``, ``booth``, ``flatten``, ``tie_high`` with
        ``tie_low``, each a cell and its pin, and ``clock_gate``, a cell and its pins as in
        :class:`~hawx_hw.technology.liberty.ClockGate`.

    Raises
    ------
    UserError
        A name holds a character that Yosys, ABC or the shell that starts ABC interprets.
    """
    sources = " ".join(yosys_word(str(source)) for source in job["sources"])  # type: ignore[attr-defined]
    liberty = abc_word(str(job["liberty"]))
    avoid = "".join(f" -dont_use {abc_word(str(c))}" for c in job["dont_use"])  # type: ignore[attr-defined]
    top = yosys_word(str(job["top"]))
    booth = " -booth" if job.get("booth") else ""
    flatten = " -flatten" if job.get("flatten") else ""
    delay = f" -D {job['period_ps']}" if job.get("period_ps") else ""
    if job.get("constraints"):
        # Makes ABC put in buffers and choose sizes.
        delay += f" -constr {abc_word(str(job['constraints']))}"
    gate = _clock_gate(*job["clock_gate"]) if job.get("clock_gate") else ()  # type: ignore[misc]
    commands = ["libcache -scl -disable"]
    if job.get("declarations"):
        # The modules that this one holds, as empty modules that are left alone.
        commands.append(f"read_verilog -lib -DHAWX_BLACKBOX {yosys_word(str(job['declarations']))}")
    commands += [
        f"read_verilog -DHAWX_BLACKBOX {sources}",
        f"hierarchy -check -top {top}",
        *(_ENABLES_FIRST if gate else ()),
        f"synth -top {top}{booth}{flatten}",
        *gate,
        f"dfflibmap -liberty {liberty}{avoid}",
        f"abc -liberty {liberty}{avoid}{delay}",
        "setundef -zero",
    ]
    if job.get("tie_high") and job.get("tie_low"):
        high, low = (" ".join(map(yosys_word, job[k])) for k in ("tie_high", "tie_low"))  # type: ignore[call-overload]
        commands.append(f"hilomap -singleton -hicell {high} -locell {low}")
    return [
        *commands,
        "opt_clean -purge",
        # The names that write_verilog would give, so that all reports agree.
        "rename -enumerate",
        f"write_json {yosys_word(str(job['netlist']))}",
        # OpenSTA does not read concatenations on the left of an assignment.
        f"write_verilog -noattr -noexpr -simple-lhs {yosys_word(str(job['verilog']))}",
    ]


def _clock_gate(cell: str, pins: Mapping[str, str]) -> tuple[str]:
    words = {role: yosys_word(pin) for role, pin in pins.items() if pin}
    test = f" -tie_lo {words['test']}" if pins["test"] else ""
    ports = f"{words['enable']}:{words['clock']}:{words['output']}"
    return (f"clockgate -pos {yosys_word(cell)} {ports}{test} -min_net_size {FEWEST_GATED}",)
