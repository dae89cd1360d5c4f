"""The account at the end of a run: the few figures that matter, and where each result lies."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from hawx_hw.pipeline import Outcome
from hawx_hw.tables import print_table

__all__ = ["account", "print_account"]

Rows = list[tuple[str, str]]

#: Where the cycles of a layer go: the ledger's names, and those of the columns.
_CAUSES = {
    "useful": "useful",
    "fill_and_drain": "fill, drain",
    "edge_tiles": "edges",
    "weight_loading": "weights",
    "requantization": "requant",
    "other": "other",
}

#: Of designs: the figures that are shown, and how.
_DESIGN_FIGURES = {"energy_nj": ",.1f", "area_um2": ",.0f", "latency_us": ",.2f"}


def account(folder: Path, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What a run came to, JSON-able.

    Parameters
    ----------
    folder : Path
        The build folder.
    outcomes : sequence of Outcome
        Of the stages of the run; only these are told of.
    """
    found: dict[str, Any] = {
        "name": folder.name,
        "folder": str(folder),
        "stages": {
            outcome.stage: {"ran": outcome.ran, "seconds": round(outcome.seconds, 2)}
            for outcome in outcomes
        },
        "results": {},
        "files": {},
    }
    for outcome in outcomes:
        part = _PARTS[outcome.stage]
        results = json.loads((folder / part.file).read_text("utf-8"))
        found["results"][outcome.stage] = {key: results.get(key) for key in part.keys}
        files = {name: folder / path for name, path in part.files.items()}
        if part.optional:
            told = part.rows(found["results"][outcome.stage])
            files = {name: path for name, path in files.items() if told and path.exists()}
        found["files"] |= {name: str(path) for name, path in files.items()}
    if found["results"].get("pick", {}).get("index") is not None:
        found["chosen"] = _chosen(folder)
    if {"synth", "power"} & set(found["results"]):
        # What numpy takes to import, a run of earlier stages need not wait for.
        from hawx_hw.prediction.forecast import comparison

        found["predicted"] = comparison(folder)
    return found


def print_account(found: dict[str, Any], stream: TextIO | None = None) -> None:
    """Print an account for people.

    Parameters
    ----------
    found : dict
        From :func:`account`.
    stream : text file or None
        Standard output where None.
    """
    rows: Rows = []
    compared = found.get("predicted", [])
    for stage, results in found["results"].items():
        own = _PARTS[stage].rows(results)
        # The table below tells it once more, with what was found.
        rows += [row for row in own if row[0] != "predicted" or not compared]
    rows += list(found["files"].items())
    stages = found["stages"]
    idle = [stage for stage, outcome in stages.items() if not outcome["ran"]]
    if len(idle) == len(stages):
        note = "everything was up to date"
    elif idle:
        note = f"up to date: {', '.join(idle)}"
    else:
        note = f"{sum(outcome['seconds'] for outcome in stages.values()):.0f} s"
    print_table(None, rows, title=f"{found['name']} ({note})", stream=stream)
    chosen = found.get("chosen")
    tables = [*_comparison(compared, chosen, found["results"]), *_tables(found["results"])]
    if chosen:
        tables.insert(0, _chosen_table(chosen))
    for title, heading, lines in tables:
        print("", file=stream or sys.stdout)
        print_table(heading, lines, title=title, figures=True, stream=stream)


def _chosen(folder: Path) -> dict[str, Any]:
    """The point of the front that is built, and what it must beat."""
    from hawx_hw.search.result import load_result
    from hawx_hw.search.verdict import rivals, verdict

    result = load_result(folder / "search.json")
    index = json.loads((folder / "design.json").read_text("utf-8"))["index"]
    chosen = result.front[index]
    others = rivals(result, chosen, chosen.lost)
    rows = [("chosen", chosen), *((rival.what, rival.found) for rival in others)]
    return {
        "index": index,
        "objective": result.objective,
        "exact_accuracy": result.exact_accuracy,
        "predicted_accuracy": chosen.predicted_accuracy,
        "accuracy": chosen.accuracy,
        "images": result.images,
        "verdict": verdict(result, chosen, others),
        "designs": [
            {
                "what": what,
                "lost": found.lost,
                "test_accuracy": found.test_accuracy,
                **found.cost,
                **found.shape,
            }
            for what, found in rows
        ],
    }


def _chosen_table(chosen: dict[str, Any]) -> tuple[str, tuple[str, ...], list[list[str]]]:
    heading = ("design", "points lost", "test accuracy", "nJ", "um2", "us", "array")
    lines = [
        [
            row["what"],
            f"{row['lost']:.2f}",
            f"{100 * row['test_accuracy']:.2f} %",
            *(
                f"{row[name]:{form}}" if name in row else ""
                for name, form in _DESIGN_FIGURES.items()
            ),
            f"{row['rows']} x {row['columns']}" if "rows" in row else "",
        ]
        for row in chosen["designs"]
    ]
    return f"chosen: {chosen['verdict']}", heading, lines


def _tables(results: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Title, heading and lines of the tables below the account."""
    blocks = results["emit"]["blocks"] if "emit" in results else []
    if len(blocks) > 1:
        names = [block["name"] for block in blocks]
        shares = []
        for entry in results["emit"]["multiplications"]:
            total = sum(entry["blocks"].values())
            parts = (entry["blocks"].get(name, 0) / total for name in names)
            shares.append(
                [entry["layer"], f"{total:,}", *(f"{100 * p:.1f} %" if p else "" for p in parts)]
            )
        yield "multiplications by block", ("layer", "all", *names), shares
    if "verify" in results:
        ledger = results["verify"]["ledger"]
        heading = ("layer", "cycles", *_CAUSES.values())
        lines = [
            [
                entry["name"],
                f"{entry['cycles']:,}",
                *(f"{100 * entry['causes'][key] / entry['cycles']:.1f} %" for key in _CAUSES),
            ]
            for entry in ledger
        ]
        yield "where the cycles of an image go", heading, lines
    if "power" in results:
        yield _energy_table(results["power"])


def _energy_table(power: dict[str, Any]) -> tuple[str, tuple[str, ...], list[list[str]]]:
    """Energy of an image by layer and part."""
    parts = list(power["parts"])
    heading = ("layer", "mW", "nJ", *parts)
    lines = []
    whole = {"name": "all", **power}
    whole["parts"] = {part: figures["energy_pj"] for part, figures in power["parts"].items()}
    for entry in (*power["layers"], whole):
        shares = (100 * entry["parts"][part] / entry["energy_pj"] for part in parts)
        lines.append(
            [
                entry["name"],
                f"{entry['power_uw'] / 1000:.2f}",
                f"{entry['energy_pj'] / 1000:,.1f}",
                *(f"{share:.1f} %" for share in shares),
            ]
        )
    return "where the energy of an image goes", heading, lines


def _quantize(results: dict[str, Any]) -> Rows:
    accuracy, data = results["accuracy"], results["dataset"]
    told = f"of {accuracy['images']:,} test images of {data['name']}"
    return [
        ("accuracy, float", f"{100 * accuracy['float']:.2f} % {told}"),
        ("accuracy, int8", f"{100 * accuracy['int8']:.2f} % {told}"),
        *([("note", data["note"])] if data["note"] else []),
    ]


def _profile(results: dict[str, Any]) -> Rows:
    told = results["profile"]
    if told is None:
        return []
    return [
        (
            "scores",
            f"{told['units']:,} units under {len(told['blocks'])} blocks, on {told['images']:,} "
            f"training images",
        )
    ]


def _search(results: dict[str, Any]) -> Rows:
    if results["front"] is None:
        return []
    return [
        (
            "search",
            f"{len(results['front'])} designs on the front, {results['evaluations']} assignments "
            f"run on {results['images']:,} training images ({results['algorithm']})",
        )
    ]


def _pick(results: dict[str, Any]) -> Rows:
    return [] if results["index"] is None else [("chosen", f"point {results['index']}")]


def _assign(results: dict[str, Any]) -> Rows:
    if results["exact"]:
        return []
    accuracy = results["accuracy"]
    told = f"{100 * accuracy['assigned']:.2f} %"
    searched = accuracy.get("searched")
    as_searched = "" if searched is None else f"{100 * searched:.2f} % as the search ran it, "
    return [
        (
            "accuracy, blocks",
            f"{told} ({as_searched}{100 * accuracy['uncompensated']:.2f} % without compensation)",
        )
    ]


def _emit(results: dict[str, Any]) -> Rows:
    shape = results["architecture"]
    where = "loaded over the bus" if shape["loadable"] else "built in"
    return [
        (
            "accelerator",
            f"{shape['rows']} x {shape['columns']} systolic, "
            f"{shape['rows'] * shape['columns']} PEs, "
            f"{results['parameter_bytes']:,} bytes of parameters {where}",
        ),
        (
            "blocks",
            ", ".join(
                f"{block['name']} ({block['architecture']}) in {block['pes']:,} PEs"
                for block in results["blocks"]
            ),
        ),
    ]


def _verify(results: dict[str, Any]) -> Rows:
    images, wrong = results["images"], results["mismatches"]
    verdict = "all bit-accurate" if not wrong else f"{wrong} of them wrong"
    return [
        (
            "cycles per image",
            f"{results['cycles_per_image']:,} (the model says {results['cycles_predicted']:,})",
        ),
        ("utilisation", f"{100 * results['utilisation']:.1f} % of the multiplier-cycles"),
        ("verified", f"{images:,} images, {verdict} ({results['simulator']})"),
    ]


def _synth(results: dict[str, Any]) -> Rows:
    timing = results["timing"]
    return [
        (
            "cells",
            f"{results['cells']:,} ({results['sequential_cells']:,} sequential) "
            f"of {results['technology']['name']}",
        ),
        (
            "area",
            f"{results['area']:,.0f} um2 ({results['sequential_area']:,.0f} sequential), "
            f"without {results['memory_bits']:,} bits of memory",
        ),
        ("longest path", f"{timing['longest_path_ns']:.2f} ns without wires ({timing['module']})"),
    ]


def _power(results: dict[str, Any]) -> Rows:
    energy, cycles = results["energy_pj"], results["cycles"]
    shares = ", ".join(
        f"{kind} {100 * results[f'{kind}_uw'] / results['power_uw']:.0f} %"
        for kind in ("internal", "switching", "memory", "leakage")
    )
    return [
        (
            "power",
            f"{results['power_uw'] / 1000:.2f} mW at {results['clock_mhz']:g} MHz, the clock "
            f"{results['clock']} ({shares})",
        ),
        (
            "energy per image",
            f"{energy / 1e6:.3f} uJ in {cycles:,} cycles (mean of {results['images']:,} images)",
        ),
    ]


def _predict(results: dict[str, Any]) -> Rows:
    told = results["forecast"]
    if told is None:
        return [("predicted", f"nothing: {results['reason']}")]
    rows = [
        (
            "predicted",
            f"{_within(told['area'], 1, 'um2')}, {_within(told['power_uw'], 1e3, 'mW')} at "
            f"{told['clock_mhz']:g} MHz, {_within(told['energy_pj'], 1e6, 'uJ')} an image, up to "
            f"{_within(told['fmax_mhz'], 1, 'MHz')}; {told['cycles']:,} cycles, "
            f"{told['latency_us']:.1f} us",
        )
    ]
    for name, range_ in told["outside"].items():
        rows.append(
            (
                "outside",
                f"{name} is {range_['value']:g}, trained on {range_['low']:g} to "
                f"{range_['high']:g}: intervals are wider, and may not be wide enough",
            )
        )
    return rows


def _comparison(
    compared: list[dict[str, Any]],
    chosen: dict[str, Any] | None,
    results: dict[str, Any],
) -> Iterator[tuple[str, tuple[str, ...], list[list[str]]]]:
    """What was predicted beside what was found."""
    units = {
        "area": ("area, um2", 1.0),
        "longest_path_ns": ("longest path, ns", 1.0),
        "power_uw": ("power, mW", 1e3),
        "energy_pj": ("energy per image, uJ", 1e6),
    }
    lines = []
    for row in compared:
        name, unit = units[row["figure"]]
        value, low, high, found = (row[k] / unit for k in ("predicted", "low", "high", "found"))
        place = "" if row["inside"] else "outside"
        lines.append(
            [name, f"{value:,.5g}", f"{low:,.5g} to {high:,.5g}", f"{found:,.5g}",
             f"{100 * (value / found - 1):+.1f} %", place]
        )  # fmt: skip
    if lines and "verify" in results and (results.get("predict") or {}).get("forecast"):
        told = results["predict"]["forecast"]["cycles"]
        found = results["verify"]["cycles_per_image"]
        place = "" if told == found else "outside"
        off = f"{100 * (told / found - 1):+.1f} %"
        lines.append(["cycles per image", f"{told:,}", "exact", f"{found:,}", off, place])
    if lines and chosen and chosen["predicted_accuracy"]:
        value, low, high = (
            100 * chosen["predicted_accuracy"][key] for key in ("value", "low", "high")
        )
        accuracy = 100 * chosen["accuracy"]
        lines.append(
            [
                f"accuracy, %, {chosen['images']:,} training images",
                f"{value:.2f}",
                f"{low:.2f} to {high:.2f}",
                f"{accuracy:.2f}",
                f"{value - accuracy:+.2f} points",
                "" if low <= accuracy <= high else "outside",
            ]
        )
    if lines:
        heading = ("figure", "predicted", "90 % interval", "found", "off", "")
        yield "predicted without synthesis, and found", heading, lines


def _within(told: dict[str, float], unit: float, name: str) -> str:
    value, low, high = (told[key] / unit for key in ("value", "low", "high"))
    return f"{value:,.4g} {name} ({low:,.4g} to {high:,.4g})"


@dataclass(frozen=True)
class _Part:
    """What the account tells of a stage.

    Parameters
    ----------
    file : str
        The stage's JSON file.
    keys : tuple of str
        What the account takes from it.
    rows : callable
        Turns that into lines for people.
    files : dict of str to str
        The stage's files worth naming.
    optional : bool
        Whether the stage may have nothing to tell, and then no files either; or no pictures, where
        what draws them is not installed.
    """

    file: str
    keys: tuple[str, ...]
    rows: Callable[[dict[str, Any]], Rows]
    files: dict[str, str]
    optional: bool = False


_PARTS = {
    "quantize": _Part(
        "quantize.json",
        ("accuracy", "dataset", "model"),
        _quantize,
        {"integer graph": "quantized.npz"},
    ),
    "profile": _Part("profile.json", ("profile",), _profile, {"scores": "scores.npz"}, True),
    "search": _Part(
        "search.json",
        (
            *("algorithm", "evaluations", "exact_accuracy", "front", "images", "objective"),
            *("seconds", "test"),
        ),
        _search,
        {"front": "search.json", "front, drawn": "front.svg"},
        True,
    ),
    "pick": _Part("design.json", ("index",), _pick, {"design": "design.json"}, True),
    "assign": _Part(
        "assign.json",
        ("accuracy", "exact"),
        _assign,
        {},
    ),
    "predict": _Part("predict.json", ("forecast", "reason"), _predict, {}),
    "emit": _Part(
        "program.json",
        ("architecture", "blocks", "multiplications", "parameter_bytes"),
        _emit,
        {
            "Verilog": "rtl",
            "memory images": "mem",
            "C header": "hawx_registers.h",
            "register map": "registers.md",
            "layer program": "program.json",
        },
    ),
    "verify": _Part(
        "verify.json",
        (
            "images",
            "mismatches",
            "cycles_per_image",
            "cycles_predicted",
            "utilisation",
            "simulator",
            "ledger",
        ),
        _verify,
        {"verification": "verify.json"},
    ),
    "synth": _Part(
        "synth.json",
        (
            "area",
            "cells",
            "memory_bits",
            "sequential_area",
            "sequential_cells",
            "technology",
            "timing",
        ),
        _synth,
        {"netlist": "netlist.v", "synthesis": "synth.json"},
    ),
    "power": _Part(
        "power.json",
        (
            "blocks",
            "clock",
            "clock_mhz",
            "cycles",
            "energy_pj",
            "images",
            "internal_uw",
            "layers",
            "leakage_uw",
            "memory_uw",
            "parts",
            "power_uw",
            "switching_uw",
        ),
        _power,
        {"power": "power.json"},
    ),
}
