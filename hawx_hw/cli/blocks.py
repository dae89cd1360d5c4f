"""``hawx blocks``: list, show, import, prove, characterize and design blocks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.cli.block_design import design
from hawx_hw.cli.block_hardware import implementations, prove
from hawx_hw.cli.characterize import characterize
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.blocks import Block
    from hawx_hw.blocks.user.imported import ImportedBlock

__all__ = ["blocks_app"]

_JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
#: Keys to sort by, and their headings.
_HEADINGS = {
    "name": "block",
    "mean_error": "mean error",
    "mae": "MAE",
    "rmse": "RMSE",
    "wce": "WCE",
    "error_rate": "errors %",
    "mre": "MRE %",
}

blocks_app = typer.Typer(
    help="Blocks: the multipliers that the hardware may hold.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
blocks_app.command()(prove)
blocks_app.command()(implementations)
blocks_app.command()(characterize)
blocks_app.command()(design)


@blocks_app.command("list")
def list_blocks(
    family: Annotated[str | None, typer.Option(metavar="F", help="Only this family.")] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="KEY", help=f"{', '.join(_HEADINGS)}; left out: by family."),
    ] = None,
    max_mae: Annotated[float | None, typer.Option(help="Largest mean absolute error.")] = None,
    max_wce: Annotated[int | None, typer.Option(help="Largest error of any product.")] = None,
    max_bias: Annotated[float | None, typer.Option(help="Largest size of the mean error.")] = None,
    as_json: _JsonOption = False,
) -> None:
    """List every distinct table with its error statistics and its names."""
    from hawx_hw.blocks.catalogue import catalogue
    from hawx_hw.blocks.statistics import statistics
    from hawx_hw.blocks.user.import_store import imported_blocks

    if sort is not None and sort not in _HEADINGS:
        raise UserError(
            f"Cannot sort by {sort!r}.", where="--sort", hint=f"Keys are {', '.join(_HEADINGS)}."
        )
    entries: list[dict[str, Any]] = []
    for entry in catalogue(family):
        errors = statistics(entry.block)
        if (
            (max_mae is None or errors.mae <= max_mae)
            and (max_wce is None or errors.wce <= max_wce)
            and (max_bias is None or abs(errors.mean_error) <= max_bias)
        ):
            entries.append(
                {
                    "name": entry.block.name,
                    "family": entry.block.family,
                    "digest": entry.block.digest,
                    "also": list(entry.others),
                    **errors.as_dict(),
                }
            )
    for problem in imported_blocks()[1]:
        typer.echo(f"warning: {problem}", err=True)
    if sort is not None:
        entries.sort(key=lambda entry: abs(entry[sort]) if sort != "name" else entry[sort])
    if as_json:
        typer.echo(json.dumps(entries, indent=2))
        return
    from hawx_hw.util.tables import print_table

    print_table(
        (*_HEADINGS.values(), "also"),
        [
            (
                row["name"],
                f"{row['mean_error']:.2f}",
                f"{row['mae']:.2f}",
                f"{row['rmse']:.2f}",
                str(row["wce"]),
                f"{100 * row['error_rate']:.2f}",
                f"{100 * row['mre']:.2f}",
                ", ".join(row["also"]),
            )
            for row in entries
        ],
    )


@blocks_app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="A block, such as 'drum(k=4)'; see hawx blocks list.")
    ],
    histograms: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz", help="Counts of the codes: weights[256] and activations[256]."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the errors, as .png or .svg.")
    ] = None,
    save_table: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy", help="Write the products: int32 [256, 256] at [a + 128, b + 128]."
        ),
    ] = None,
    technology: Annotated[
        list[str] | None,
        typer.Option(
            metavar="T",
            help="Synthesize each implementation for it: name or liberty file; repeatable.",
        ),
    ] = None,
    as_json: _JsonOption = False,
) -> None:
    """Show one block: error statistics, ranks, implementations, other names, costs."""
    from hawx_hw.blocks import by_name
    from hawx_hw.blocks.description import describe
    from hawx_hw.blocks.statistics import error_moments
    from hawx_hw.util.paths import check_output

    for path, option in ((plot, "--plot"), (save_table, "--save-table")):
        if path is not None:
            check_output(path, option)
    block = by_name(name)
    moments = None
    if histograms is not None:
        weights, activations = _histograms(histograms)
        try:
            moments = error_moments(block, weights, activations)
        except ValueError as error:
            raise UserError(f"{error}.", where=str(histograms)) from error
    content = describe(block, moments)
    if technology:
        content["technologies"] = _costs(block, technology)
    if plot is not None:
        from hawx_hw.blocks.heat_map import write_heat_map

        write_heat_map(block, plot)
    if save_table is not None:
        _save_table(block, save_table)
    if as_json:
        typer.echo(json.dumps(content, indent=2))
        return
    from hawx_hw.util.tables import print_table

    print_table(None, _lines(content), title=block.name)


def _costs(block: Block, technologies: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Synthesis results of each implementation of a block, by technology."""
    from hawx_hw.synthesis.implementations import choose
    from hawx_hw.technology import load

    results = {}
    for name in technologies:
        library = load(name, base=Path.cwd())
        results[library.name] = choose(block, library).as_dict()["metrics"]
    return results


@blocks_app.command("import")
def import_block(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE.v...", help="Verilog, in order; .sv: SystemVerilog."),
    ],
    module: Annotated[str, typer.Option(metavar="NAME", help="The multiplier's module.")],
    a: Annotated[str | None, typer.Option("--a", metavar="PORT", help="The weight.")] = None,
    b: Annotated[str | None, typer.Option("--b", metavar="PORT", help="The activation.")] = None,
    product: Annotated[str | None, typer.Option(metavar="PORT", help="The product.")] = None,
    signed: Annotated[
        bool | None,
        typer.Option("--signed/--unsigned", help="Default: by the ports or the module's name."),
    ] = None,
    a_signed: Annotated[
        bool | None,
        typer.Option("--a-signed/--a-unsigned", help="The weight alone; before --signed."),
    ] = None,
    b_signed: Annotated[
        bool | None,
        typer.Option("--b-signed/--b-unsigned", help="The activation alone; before --signed."),
    ] = None,
    technology: Annotated[
        str | None,
        typer.Option(metavar="T", help="Name or liberty file of the cells that the netlist uses."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Value of a parameter of the module; repeatable."),
    ] = None,
    define: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=TEXT]", help="Macro that is defined; repeatable."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The block is import:NAME; default: the module's name.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the block of that name.")
    ] = False,
    as_json: _JsonOption = False,
) -> None:
    """Make a block of a Verilog multiplier, simulated for all pairs of operands."""
    from hawx_hw.block_proofs.imports import import_verilog
    from hawx_hw.blocks.catalogue import other_names
    from hawx_hw.blocks.description import describe
    from hawx_hw.technology import load

    imported = import_verilog(
        files,
        module,
        a=a,
        b=b,
        product=product,
        signed=signed,
        a_signed=a_signed,
        b_signed=b_signed,
        technology=None if technology is None else load(technology, base=Path.cwd()),
        parameters=_pairs(parameter, "--parameter"),
        defines=_pairs(define, "--define", default="1"),
        name=name,
        replace=replace,
    )
    block, circuit = imported.block, imported.block.circuit
    content = {
        **describe(block),
        "ports": {
            role: {"name": port.name, "width": port.width}
            for role, port in (("a", circuit.a), ("b", circuit.b), ("product", circuit.product))
        },
        "signed": circuit.signedness,
        "circuit": circuit.digest,
        "simulators": list(imported.simulators),
        "warnings": [*imported.warnings, *_swapped(block, other_names(block))],
    }
    if as_json:
        typer.echo(json.dumps(content, indent=2))
    else:
        from hawx_hw.util.tables import print_table

        roles = (
            ("weight", circuit.a, circuit.a_signed),
            ("activation", circuit.b, circuit.b_signed),
            ("product", circuit.product, circuit.a_signed or circuit.b_signed),
        )
        ports = [
            (role, f"{port.name}, {port.width} bits, {'signed' if is_signed else 'unsigned'}")
            for role, port, is_signed in roles
        ]
        compared = ("original and import agree", f"in {' and '.join(imported.simulators)}")
        print_table(None, [*ports, compared, *_lines(content)], title=block.name)
    for warning in content["warnings"]:
        typer.echo(f"warning: {warning}", err=True)


def _pairs(texts: list[str] | None, option: str, *, default: str | None = None) -> dict[str, str]:
    """``NAME=VALUE`` by name; ``default`` is the value where there is none."""
    pairs: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or (not equals and default is None):
            form = "NAME=VALUE" if default is None else "NAME or NAME=TEXT"
            raise UserError(f"Write {form}, not {text!r}", where=option)
        if name in pairs:
            raise UserError(f"{name} is given twice", where=option)
        pairs[name] = value if equals else default or ""
    return pairs


def _lines(content: dict[str, Any]) -> list[tuple[str, str]]:
    errors = content["statistics"]
    over = content["statistics_over"]
    lines = [
        ("also", ", ".join(content["also"]) or "no other name"),
        *(
            [("for its own codes also", ", ".join(content["also_within_codes"]))]
            if content["also_within_codes"]
            else []
        ),
        (
            "errors are over",
            f"weights {_range(over['weights'])}, activations in hardware "
            f"{_range(over['activations'])}: {over['pairs']:,} pairs",
        ),
        ("mean error", f"{errors['mean_error']:.4f}"),
        ("MAE", f"{errors['mae']:.4f}"),
        ("RMSE", f"{errors['rmse']:.4f}"),
        ("WCE", str(errors["wce"])),
        ("errors", f"{100 * errors['error_rate']:.4f} % of the products"),
        ("MRE", f"{100 * errors['mre']:.4f} % of the exact product, where that is not 0"),
    ]
    if "circuit_statistics" in content:
        errors, over = content["circuit_statistics"], content["circuit_statistics_over"]
        lines.append(
            (
                "the circuit itself",
                f"over a {_range(over['a'])}, b {_range(over['b'])}: mean error "
                f"{errors['mean_error']:.4f}, MAE {errors['mae']:.4f}, MSE "
                f"{errors['rmse'] ** 2:.4f}, WCE {errors['wce']}, errors "
                f"{100 * errors['error_rate']:.4f} %, MRE {100 * errors['mre']:.4f} %",
            )
        )
    if "on_histograms" in content:
        moments = content["on_histograms"]
        lines += [
            ("mean error on the histograms", f"{moments['mean_error']:.4f}"),
            ("its variance", f"{moments['variance']:.4f}"),
        ]
    factors = content["factors"]
    terms = (
        "none by the family"
        if factors is None
        else f"{factors['terms']} of weights' factors in {factors['weights']}, activations' in "
        f"{factors['activations']}"
    )
    if "published" in content:
        published = content["published"]
        lines.append(
            (
                "published, 45 nm",
                f"{published['power_mw']} mW, {published['area_um2']} um2, "
                f"{published['delay_ns']} ns (EvoApproxLib)",
            )
        )
    return [
        *lines,
        ("rank of the table", str(content["rank"])),
        ("rank of the error", str(content["error_rank"])),
        ("exact sums of products", terms),
        ("weights", _codes(content["weights"], content["weight_step"])),
        ("activations", _codes(content["activations"], content["activation_step"])),
        ("activations in hardware", f"code + {content['activation_offset']}"),
        ("product", f"{content['product_bits']} bits"),
        ("implementations", ", ".join(content["implementations"])),
        *(
            (
                f"on {name}",
                "; ".join(
                    f"{entry['implementation']} area {entry['area']:,.1f}, "
                    f"{entry['delay_ns']:.3f} ns"
                    for entry in results
                ),
            )
            for name, results in content.get("technologies", {}).items()
        ),
        ("digest", content["digest"]),
    ]


def _range(ends: list[int]) -> str:
    return f"{ends[0]} to {ends[1]}"


def _codes(ends: list[int], step: int) -> str:
    text = _range(ends)
    return f"{text}, multiples of {step} only" if step > 1 else text


def _swapped(block: ImportedBlock, names: tuple[str, ...]) -> list[str]:
    """A warning where the table is new, but known with swapped operands."""
    import numpy as np

    from hawx_hw.blocks.members import equal_members
    from hawx_hw.blocks.user.imported import imported_block

    swapped = imported_block("swapped", block.circuit.swapped())
    if names or np.array_equal(block.table, swapped.table):
        return []
    return [
        f"With swapped operands it would be {other.name}: check which port is the weight."
        for other in equal_members(swapped)[:1]
    ]


def _histograms(path: Path) -> tuple[np.ndarray, np.ndarray]:
    from hawx_hw.datasets.arrays import read_arrays

    arrays = read_arrays(path, ("weights", "activations"), ())
    return arrays["weights"], arrays["activations"]


def _save_table(block: Block, path: Path) -> None:
    import io

    import numpy as np

    from hawx_hw.util.files import write_bytes

    if path.suffix != ".npy":
        raise UserError(f"A table must be a file .npy, not {path.name!r}", where="--save-table")
    content = io.BytesIO()
    np.save(content, block.table.astype("<i4"), allow_pickle=False)
    write_bytes(path, content.getvalue())
