"""``hawx store``: entries of synthesized modules, with their inputs and results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.synthesis.store import Store

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The store of synthesized modules.")
_JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(
    key: Annotated[
        str, typer.Argument(help="Key of an entry, or its first digits; synth.json has them.")
    ],
    as_json: _JsonOption = False,
) -> None:
    """Show an entry: its inputs, tools and results."""
    store = _store()
    try:
        entries = store.lookup(key.lower())
    except ValueError as error:
        raise UserError(f"{error}.", where="KEY") from error
    _check(store)
    if len(entries) != 1:
        several = f"{len(entries)} entries begin" if entries else "No entry begins"
        raise UserError(
            f"{several} with {key!r}.", where=str(store.path), hint="Give more digits, or others."
        )
    entry = entries[0]
    if as_json:
        content = {"key": entry.key, "kind": entry.kind, "versions": entry.versions}
        typer.echo(
            json.dumps(
                {**content, "inputs": entry.inputs, "result": entry.result},
                indent=2,
                sort_keys=True,
            )
        )
        return
    typer.echo(f"key       {entry.key}")
    typer.echo(f"kind      {entry.kind}")
    for name, version in sorted(entry.versions.items()):
        typer.echo(f"{name:9} {version}")
    for name, value in sorted(entry.inputs.items()):
        _print(f"inputs.{name}", value)
    for name, value in sorted(entry.result.items()):
        _print(f"result.{name}", _shortened(value) if name == "modules" else value)


@app.command()
def stats(as_json: _JsonOption = False) -> None:
    """Show the number and size of entries of each kind."""
    from hawx_hw.util.tables import print_table

    store = _store()
    kinds = store.stats()
    _check(store)
    if as_json:
        typer.echo(json.dumps({"path": str(store.path), "kinds": kinds}, sort_keys=True))
        return
    lines = [[kind, f"{n['entries']:,}", f"{n['bytes']:,}"] for kind, n in kinds.items()]
    print_table(["kind", "entries", "bytes"], lines, title=str(store.path), numbers=True)


@app.command()
def prune(
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.")] = None,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="Only older entries.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All entries.")] = False,
) -> None:
    """Remove entries; they are computed again when needed."""
    if everything != (kind is None and older_than is None):
        raise UserError(
            "The entries to remove are not given.",
            hint="Use --kind, --older-than or both; or --all.",
        )
    store = _store()
    count = store.prune(kind=kind, older_than_days=older_than)
    _check(store)
    typer.echo(f"{count:,} entries removed")


def _store() -> Store:
    from hawx_hw.synthesis.store import default_store

    store = default_store()
    if store is None:
        raise UserError(
            "There is no store, because this user has no home folder.",
            hint="Name a file in HAWX_STORE.",
        )
    return store


def _check(store: Store) -> None:
    """Raise UserError where the last call could not use the file."""
    if store.problem is not None:
        raise UserError(
            f"The store cannot be used: {store.problem}.",
            where=str(store.path),
            hint="Name another file in HAWX_STORE, or remove this one.",
        )


def _shortened(modules: dict[str, Any]) -> dict[str, Any]:
    """The cells of each module by kind; the netlist itself is also there as Verilog."""
    kinds: dict[str, dict[str, int]] = {}
    for name, module in modules.items():
        counts: dict[str, int] = {}
        for cell in module["cells"].values():
            counts[cell["type"]] = counts.get(cell["type"], 0) + 1
        kinds[name] = dict(sorted(counts.items()))
    return kinds


def _print(name: str, value: Any) -> None:
    if isinstance(value, str) and "\n" in value:
        typer.echo(f"{name}:")
        for line in value.splitlines():
            typer.echo(f"    {line}")
    elif isinstance(value, dict) and value:
        for key, part in value.items():
            _print(f"{name}.{key}", part)
    elif isinstance(value, list) and len(value) > 4:
        typer.echo(f"{name}:")
        for part in value:
            typer.echo(f"    {part}")
    else:
        typer.echo(f"{name}: {value}")
