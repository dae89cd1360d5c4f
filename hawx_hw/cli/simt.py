"""``hawx assemble``, ``disassemble`` and ``simulate``: programs of the SIMT unit."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.options import BUILD, BuildOption, ConfigArgument, JsonOption
from hawx_hw.cli.simt_sources import (
    ImageOption,
    ProgramArgument,
    Runnable,
    image_of,
    plan_of,
    runnable,
    source_program,
    with_image,
    write_codes,
)
from hawx_hw.errors import HawxError, UserError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path

    from hawx_hw.architectures.simt.listing import Entry
    from hawx_hw.architectures.simt.plan import Plan
    from hawx_hw.architectures.simt.program import Program
    from hawx_hw.architectures.simt.simulator import Outcome
    from hawx_hw.architectures.simt.timing import Timing

__all__ = ["assemble", "disassemble", "simulate"]

_SourceArgument = Annotated[str, typer.Argument(metavar="FILE.s", help="A source by path.")]
#: Cycles after which a program without an end is stopped, where no watchdog is given.
_WATCHDOG = 10_000_000


def assemble(source: _SourceArgument, as_json: JsonOption = False) -> None:
    """Assemble a program of the SIMT unit and list its words."""
    from hawx_hw.architectures.simt.disassembler import disassemble

    program = source_program(source)
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


def disassemble(
    config: ConfigArgument,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE.s", help="Write a source that assembles to it."
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="X",
            help="With -o: a test image by number, or a file of codes, for FILE.npy beside the "
            "source, which simulate and step take.",
        ),
    ] = None,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """List the program of a config's network on its SIMT unit.

    Of each instruction: layer, kernel, loops, how often warps run it, the cycles that they take and
    their share of all warps' cycles, and the cycles that an engine walks and their share of the
    inference's.
    """
    from hawx_hw.util.paths import check_output, user_path

    target = None
    if output is not None:
        target = check_output(user_path(output, "--output"), "--output", suffixes=(".s",))
    elif image is not None:
        raise UserError("An image is written beside a source", where="--image", hint="Add -o.")
    codes = None if image is None else image_of(config, image)
    plan = plan_of(config, build, silent=as_json)
    chosen = None if codes is None else with_image(plan, codes)
    written = [] if target is None else _write(plan, chosen, target)
    show_listing(plan, as_json)
    for line in () if as_json else written:
        typer.echo(line)


def _write(plan: Plan, chosen: Runnable | None, target: Path) -> list[str]:
    """Write a plan's program, and its image; return what was written."""
    _write_source(plan, target)
    written = [f"{target}: {len(plan.program.code)} instructions"]
    if chosen is not None and chosen.activations is not None:
        np_file = target.with_suffix(".npy")
        write_codes(np_file, chosen.activations)
        written.append(f"{np_file}: {len(chosen.activations)} words of activations")
    return written


def show_listing(plan: Plan, as_json: bool) -> None:
    """Print the listing of a plan."""
    from hawx_hw.architectures.simt.listing import listing, listing_text

    entries = listing(plan)
    if as_json:
        _print_json(
            {
                "cycles": plan.timing.cycles,
                "warps": plan.unit.warps,
                "instructions": [_entry(entry) for entry in entries],
            }
        )
        return
    for line in listing_text(plan, entries):
        typer.echo(line)


def _entry(entry: Entry) -> dict[str, Any]:
    return {**dataclasses.asdict(entry), "word": f"{entry.word:08x}"}


def _write_source(plan: Plan, target: Path) -> None:
    """Write a plan's program as a source."""
    from hawx_hw.architectures.simt.disassembler import disassemble as source_of
    from hawx_hw.architectures.simt.listing import listing, remarks
    from hawx_hw.blocks.registry import by_name
    from hawx_hw.util.files import write_text

    for block in plan.program.lanes.blocks:
        try:
            same = by_name(block.name, target.parent).digest == block.digest
        except UserError:
            same = False
        if not same:
            raise UserError(
                f"{block.name} is no block, or another one, for a source in this folder",
                where=str(target),
                hint="Write the source beside the config.",
            )
    write_text(target, source_of(plan.program, comments=remarks(listing(plan))))


def simulate(
    program: ProgramArgument,
    image: ImageOption = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print every instruction in the cycle it ends.")
    ] = False,
    watchdog: Annotated[
        int, typer.Option(min=1, help="Cycles after which a trap stops the program.")
    ] = _WATCHDOG,
    build: BuildOption = BUILD,
    as_json: JsonOption = False,
) -> None:
    """Run a program of the SIMT unit in the simulator.

    Prints its cycles, where those of the multiply engine go, and the words of the result memory
    that were written. A trap ends with status 1, and so does a config's network whose result is not
    that of the integer model.
    """
    from hawx_hw.architectures.simt.simulator import simulate as run
    from hawx_hw.architectures.simt.trace import trace_line, trap_text
    from hawx_hw.architectures.simt.traps import Cause

    chosen = runnable(program, image, build, silent=as_json)
    outcome = run(chosen.program, chosen.activations, watchdog=watchdog)
    if trace and not as_json:
        for each in outcome.retirements:
            typer.echo(trace_line(chosen.program, each))
    if outcome.trap is not None:
        text = trap_text(chosen.program, outcome.trap)
        if outcome.trap.cause is Cause.WATCHDOG:
            text = f"{text}. Allow more with --watchdog, or let the program end."
        raise HawxError(text)
    codes = _outputs(chosen, outcome)
    _report(chosen, outcome, codes, as_json)


def _outputs(chosen: Runnable, outcome: Outcome) -> list[int] | None:
    """The codes that a config's network gives; None of a source."""
    import numpy as np

    from hawx_hw.graph import reference

    if chosen.plan is None or chosen.codes is None:
        return None
    plan = chosen.plan
    codes = plan.compiled.layers[-1].target.codes(outcome.memories.result).ravel()
    expected = reference.run(plan.graph, chosen.codes[None], plan.assignment)[0].ravel()
    if not np.array_equal(codes, expected):
        raise VerificationError(
            f"The unit gives {codes.tolist()}, and the integer model {expected.tolist()}."
        )
    return [int(code) for code in codes]


def _sizes(program: Program) -> dict[str, int]:
    """Words and widths of what a program needs beside its instructions."""
    return {
        "instructions": len(program.code),
        "stream_bits": program.stream_format.bits,
        "store_bits": program.store_format.bits,
        "weight_words": len(program.weights),
        "constant_words": len(program.constants),
    }


def _written(outcome: Outcome) -> dict[int, list[int]]:
    """Words of the result memory, by their address."""
    words = {}
    for each in outcome.retirements:
        for name, value in each.results:
            if name.startswith("r[") and isinstance(value, tuple):
                words[int(name[2:-1])] = list(value)
    return dict(sorted(words.items()))


def _report(chosen: Runnable, outcome: Outcome, codes: list[int] | None, as_json: bool) -> None:
    from hawx_hw.architectures.simt.timing import CAUSES, time_program

    timing = time_program(chosen.program)
    if as_json:
        own = {} if codes is None else {"codes": codes, "label": chosen.label}
        _print_json(
            {
                "cycles": outcome.cycles,
                "layers": _layers(timing),
                "result": {str(address): word for address, word in _written(outcome).items()},
                "instructions": len(outcome.retirements),
                **own,
            }
        )
        return
    typer.echo(f"{outcome.cycles} cycles, {len(outcome.retirements)} instructions")
    for layer in timing.layers:
        total = layer.end - layer.begin
        name = f"layer {layer.number}" if layer.number >= 0 else "before the first BAR"
        typer.echo(f"{name}: {total} cycles, {layer.products} products")
        for cause, cycles in layer.causes.items():
            if cycles:
                typer.echo(f"  {CAUSES[cause]:28} {cycles:12.1f}  {100 * cycles / total:5.1f} %")
    for address, word in _written(outcome).items():
        typer.echo(f"result[{address}] {' '.join(map(str, word))}")
    if codes is not None:
        label = "" if chosen.label is None else f"; the image is of class {chosen.label}"
        typer.echo(f"codes {' '.join(map(str, codes))}, as the integer model{label}")


def _layers(timing: Timing) -> list[dict[str, Any]]:
    return [
        {
            "number": layer.number,
            "cycles": layer.end - layer.begin,
            "products": layer.products,
            "causes": {cause: round(cycles, 3) for cause, cycles in layer.causes.items()},
        }
        for layer in timing.layers
    ]


def _print_json(content: dict[str, Any]) -> None:
    typer.echo(json.dumps(content, indent=2))
