"""``hawx blocks prove`` and ``hawx blocks implementations``: the hardware of blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from hawx_hw.cli.options import BUILD, BuildOption
from hawx_hw.errors import UserError, VerificationError

if TYPE_CHECKING:
    from hawx_hw.block_proofs import Proof
    from hawx_hw.blocks import Block
    from hawx_hw.gateware.block_verilog import BlockVerilog
    from hawx_hw.synthesis.implementations import Choice, Objective

__all__ = ["implementations", "prove"]

_JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and no progress.")]
_JobsOption = Annotated[int, typer.Option(min=1, max=1024, help="Number of parallel processes.")]


def prove(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all listed blocks.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(metavar="F", help="The listed blocks of one family.")
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            metavar="CONFIG",
            help="The blocks of a config's accelerator, as they are built; hawx report shows the "
            "result.",
        ),
    ] = None,
    simulator: Annotated[str, typer.Option(help="auto, verilator or icarus.")] = "auto",
    jobs: _JobsOption = 1,
    build: BuildOption = BUILD,
    as_json: _JsonOption = False,
) -> None:
    """Prove that the Verilog of blocks equals their definition.

    Every implementation is simulated on all 65,536 pairs of operands, and proven equivalent to the
    block's specification, where it has one.
    """
    from hawx_hw.block_proofs import prove
    from hawx_hw.simulation.simulators import SIMULATORS, find_simulator
    from hawx_hw.util.progress import ProgressDisplay, console_for

    if simulator not in ("auto", *SIMULATORS):
        raise UserError(
            f"There is no simulator {simulator!r}.",
            where="--simulator",
            hint=f"It must be one of auto, {', '.join(SIMULATORS)}.",
        )
    if sum(map(bool, (names, family, of))) > 1:
        raise UserError("Name blocks, a family or a config, not several of them.", where="--family")
    folder = None if of is None else _folder_of(of, build)
    designs: list[BlockVerilog] | None = None
    if of is None:
        pairs = _pairs(_named(names) if names else _listed(family))
    else:
        pairs, designs = _built(of, build)
    with ProgressDisplay(console_for(silent=as_json)) as progress:
        with progress.task("proving", estimate=5.0 + len(pairs)) as task:
            used = find_simulator(simulator)
            proofs = prove(pairs, designs=designs, simulator=used, jobs=jobs, progress=task.update)
    if folder is not None:
        from hawx_hw.block_proofs.result import ProofsResult

        ProofsResult(simulator=used.name, proofs=tuple(proofs)).write(folder)
    wrong = [proof for proof in proofs if not proof.holds]
    if as_json:
        typer.echo(json.dumps([proof.as_dict() for proof in proofs], indent=2))
    else:
        from hawx_hw.util.tables import print_table

        print_table(
            ("block", "implementation", "simulation", "formal"), [_row(proof) for proof in proofs]
        )
    if wrong:
        raise VerificationError(
            f"{len(wrong)} of {len(proofs)} proofs failed. {wrong[0].block}, "
            f"{wrong[0].implementation}: {wrong[0].counterexamples[0]}"
        )


def implementations(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Blocks to synthesize.")],
    technology: Annotated[
        str, typer.Option(metavar="T", help="Name or liberty file.")
    ] = "generic45",
    objective: Annotated[
        str, typer.Option(help="area or delay: selects the implementation.")
    ] = "area",
    jobs: _JobsOption = 1,
    as_json: _JsonOption = False,
) -> None:
    """Synthesize every implementation of blocks: area, longest path, selection."""
    from hawx_hw.synthesis.implementations import compare_implementations
    from hawx_hw.technology import load
    from hawx_hw.util.progress import ProgressDisplay, console_for

    if objective not in ("area", "delay"):
        raise UserError(
            f"There is no objective {objective!r}.",
            where="--objective",
            hint="It must be area or delay.",
        )
    blocks = _named(names)
    library = load(technology, base=Path.cwd())
    with ProgressDisplay(console_for(silent=as_json)) as progress:
        with progress.task("synthesizing", estimate=2.0 * len(blocks)) as task:
            choices = compare_implementations(
                blocks,
                library,
                cast("Objective", objective),
                jobs=jobs,
                progress=task.update,
            )
    if as_json:
        typer.echo(json.dumps([choice.as_dict() for choice in choices], indent=2))
        return
    from hawx_hw.util.tables import print_table

    print_table(
        ("block", "implementation", "area", "longest path ns", "cells", "chosen"),
        [row for choice in choices for row in _rows(choice)],
        title=f"{library.name}, by {objective}",
    )


def _pairs(blocks: Sequence[Block]) -> list[tuple[Block, str]]:
    return [(block, name) for block in blocks for name in block.implementations]


def _folder_of(config: str, build: Path) -> Path:
    from hawx_hw.config.load import find_config, load_config

    return build / load_config(find_config(config)).name


def _built(config: str, build: Path) -> tuple[list[tuple[Block, str]], list[BlockVerilog]]:
    """The blocks of a config's accelerator, each in its implementation, and as it was emitted."""
    from hawx_hw.blocks import by_name
    from hawx_hw.config.load import find_config
    from hawx_hw.design.emitted_blocks import emitted_blocks
    from hawx_hw.design.program import EmitResult

    base, folder = find_config(config).parent, _folder_of(config, build)
    built = EmitResult.read(folder)
    designs = emitted_blocks(folder, built.blocks)
    pairs = []
    for each, design in zip(built.blocks, designs, strict=True):
        block = by_name(each.name, base)
        # Files that the block brings may change where its products do not.
        changed = any(design.files.get(name, text) != text for name, text in block.sources.items())
        if block.digest != each.table_sha256 or changed:
            raise UserError(
                f"The block {each.name} has changed since the accelerator was emitted.",
                where=config,
                hint=f"Emit it again: hawx run {config} --until emit",
            )
        pairs.append((block, each.implementation))
    return pairs, designs


def _named(names: Sequence[str]) -> list[Block]:
    from hawx_hw.blocks import by_name

    return list(dict.fromkeys(by_name(name) for name in names))


def _listed(family: str | None) -> list[Block]:
    from hawx_hw.blocks.catalogue import library
    from hawx_hw.blocks.registry import FAMILIES

    if family is not None and family not in FAMILIES:
        raise UserError(
            f"There is no family {family!r}",
            where="--family",
            hint=f"The families are: {', '.join(FAMILIES)}.",
        )
    return [block for block in library() if family in (None, block.family)]


def _row(proof: Proof) -> tuple[str, str, str, str]:
    failed = {
        counterexample.method: str(counterexample) for counterexample in proof.counterexamples
    }
    formal = "proven" if proof.formal else "no specification"
    if proof.implementation == "specification":
        formal = ""
    return (
        proof.block,
        proof.implementation,
        failed.get("simulation", "equal"),
        failed.get("formal", formal),
    )


def _rows(choice: Choice) -> list[tuple[str, ...]]:
    return [
        (
            choice.block,
            metrics.implementation,
            f"{metrics.area:.1f}",
            f"{metrics.delay_ns:.3f}",
            str(metrics.cells),
            choice.objective if metrics.implementation == choice.implementation else "",
        )
        for metrics in choice.metrics
    ]
