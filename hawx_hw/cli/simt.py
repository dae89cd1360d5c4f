"""``hawx assemble`` and ``hawx simulate``: programs of the SIMT unit, written by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.options import JsonOption
from hawx_hw.errors import HawxError, UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.architectures.simt.program import Program
    from hawx_hw.architectures.simt.simulator import Outcome, Retirement
    from hawx_hw.architectures.simt.timing import Timing

__all__ = ["assemble", "simulate"]

_SourceArgument = Annotated[str, typer.Argument(metavar="FILE.s", help="A source by path.")]
#: Cycles after which a program without an end is stopped, where no watchdog is given.
_WATCHDOG = 10_000_000


def assemble(source: _SourceArgument, as_json: JsonOption = False) -> None:
    """Assemble a program of the SIMT unit and list its words."""
    from hawx_hw.architectures.simt.disassembler import disassemble

    program = _program(source)
    if as_json:
        _print_json({"code": [f"{word:08x}" for word in program.code], **_sizes(program)})
        return
    text = disassemble(program, data=False)
    address = 0
    for line in text.splitlines():
        if (line.startswith(" ") and not line.lstrip().startswith((".", ";"))) or ".word" in line:
            typer.echo(f"{address:5}  {program.code[address]:08x}  {line}")
            address += 1
        else:
            typer.echo(f"{'':15}  {line}")
    for name, size in _sizes(program).items():
        typer.echo(f"{name.replace('_', ' '):22} {size}")


def simulate(
    source: _SourceArgument,
    image: Annotated[
        str | None,
        typer.Option(metavar="FILE.npy", help="Codes (int8) that fill the activation memory."),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print every instruction in the cycle it ends.")
    ] = False,
    watchdog: Annotated[
        int, typer.Option(min=1, help="Cycles after which a trap stops the program.")
    ] = _WATCHDOG,
    as_json: JsonOption = False,
) -> None:
    """Run a program of the SIMT unit in the simulator.

    Prints its cycles, where those of the multiply engine go, and the words of the result memory
    that were written. A trap ends with status 1.
    """
    from hawx_hw.architectures.simt.simulator import simulate as run

    program = _program(source)
    activations = None if image is None else _image(image, program)
    outcome = run(program, activations, watchdog=watchdog)
    if trace and not as_json:
        for each in outcome.retirements:
            typer.echo(_trace_line(program, each))
    if outcome.trap is not None:
        raise HawxError(_trap_text(program, outcome))
    _report(program, outcome, trace, as_json)


def _program(source: str) -> Program:
    from hawx_hw.architectures.simt.assembler import assemble_file
    from hawx_hw.util.paths import user_path

    return assemble_file(user_path(source))


def _sizes(program: Program) -> dict[str, int]:
    """Words and widths of what a program needs beside its instructions."""
    return {
        "instructions": len(program.code),
        "stream_bits": program.stream_format.bits,
        "store_bits": program.store_format.bits,
        "weight_words": len(program.weights),
        "constant_words": len(program.constants),
    }


def _image(name: str, program: Program) -> np.ndarray:
    import numpy as np

    from hawx_hw.architectures.simt.directives import read_integers
    from hawx_hw.util.paths import user_path

    codes = read_integers(user_path(name, "--image")).ravel()
    unit = program.unit
    if codes.size and not -128 <= codes.min() <= codes.max() <= 127:
        raise UserError("Codes must be in [-128, 127]", where=f"--image {name}")
    words = -(-codes.size // unit.word)
    if words > unit.activation_words:
        raise UserError(
            f"{codes.size} codes are {words} words, more than {unit.activation_words}",
            where=f"--image {name}",
            hint="Give .unit more activation_words.",
        )
    image = np.zeros(words * unit.word, dtype=np.int8)
    image[: codes.size] = codes
    return image.reshape(words, unit.word)


def _instruction_text(program: Program, pc: int) -> str:
    from hawx_hw.architectures.simt.disassembler import word_text

    return word_text(program, pc, program.code[pc])


def _trace_line(program: Program, each: Retirement) -> str:
    results = ", ".join(f"{name} = {value}" for name, value in each.results)
    text = f"{each.cycle:8}  warp {each.warp}  {each.pc:5}  {_instruction_text(program, each.pc)}"
    return f"{text:60}  {results}".rstrip()


def _trap_text(program: Program, outcome: Outcome) -> str:
    from hawx_hw.architectures.simt.traps import CAUSES

    trap = outcome.trap
    assert trap is not None
    what, value = CAUSES[trap.cause]
    lines = program.names.lines
    place = f"{program.names.file}:{lines[trap.pc]}: " if trap.pc < len(lines) else ""
    return (
        f"{place}Trap {trap.cause.name} of warp {trap.warp} at {trap.pc} in cycle {trap.cycle}: "
        f"{what} ({value}: {trap.value})"
    )


def _written(outcome: Outcome) -> dict[int, list[int]]:
    """Words of the result memory, by their address."""
    words = {}
    for each in outcome.retirements:
        for name, value in each.results:
            if name.startswith("r[") and isinstance(value, tuple):
                words[int(name[2:-1])] = list(value)
    return dict(sorted(words.items()))


def _report(program: Program, outcome: Outcome, trace: bool, as_json: bool) -> None:
    from hawx_hw.architectures.simt.timing import CAUSES, time_program

    timing = time_program(program)
    if as_json:
        _print_json(
            {
                "cycles": outcome.cycles,
                "layers": _layers(timing),
                "result": {str(address): word for address, word in _written(outcome).items()},
                "instructions": len(outcome.retirements),
            }
        )
        return
    typer.echo(f"{outcome.cycles} cycles, {len(outcome.retirements)} instructions")
    for layer in timing.layers:
        total = layer.end - layer.begin
        typer.echo(f"layer {layer.number}: {total} cycles, {layer.products} products")
        for cause, cycles in layer.causes.items():
            if cycles:
                typer.echo(f"  {CAUSES[cause]:28} {cycles:12.1f}  {100 * cycles / total:5.1f} %")
    for address, word in _written(outcome).items():
        typer.echo(f"result[{address}] {' '.join(map(str, word))}")


def _layers(timing: Timing) -> list[dict[str, Any]]:
    return [
        {
            "number": layer.number,
            "cycles": layer.end - layer.begin,
            "products": layer.products,
            "causes": dict(layer.causes),
        }
        for layer in timing.layers
    ]


def _print_json(content: dict[str, Any]) -> None:
    typer.echo(json.dumps(content, indent=2))
