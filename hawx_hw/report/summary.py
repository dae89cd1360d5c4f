"""The account at the end of a run: the few figures that matter, and where each result lies."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.prediction.prediction import Interval, Prediction
from hawx_hw.report.tables import chosen_design, tables
from hawx_hw.util.tables import print_table

__all__ = ["account", "print_account"]

Rows = list[tuple[str, str]]


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
        found["chosen"] = chosen_design(folder)
    if {"synth", "power"} & set(found["results"]):
        # What numpy takes to import, a run of earlier stages need not wait for.
        from hawx_hw.report.comparison import read_comparison

        found["predicted"] = [each.as_dict() for each in read_comparison(folder)]
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
    for title, heading, lines in tables(found):
        print("", file=stream or sys.stdout)
        print_table(heading, lines, title=title, numbers=True, stream=stream)


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
    search = results["search"]
    if search is None:
        return []
    return [
        (
            "search",
            f"{len(search['front'])} designs on the front, {search['evaluations']} assignments "
            f"evaluated on {search['images']:,} training images ({search['algorithm']})",
        )
    ]


def _pick(results: dict[str, Any]) -> Rows:
    return (
        []
        if results["index"] is None
        else [
            (
                "chosen",
                f"point {results['index']} (hawx search: the others; hawx run --index: build one)",
            )
        ]
    )


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
    where = "loaded over the bus" if results["loadable"] else "built in"
    return [
        (
            "accelerator",
            f"{results['title']}, {results['parameter_bytes']:,} bytes of parameters {where}",
        ),
        (
            "blocks",
            ", ".join(
                f"{block['name']} ({block['implementation']}) in {block['instances']:,} PEs"
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
        ("utilization", f"{100 * results['utilization']:.1f} % of the multiplier-cycles"),
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
    if results["prediction"] is None:
        return [("predicted", f"nothing: {results['reason']}")]
    prediction = Prediction.from_dict(results["prediction"])
    rows = [
        (
            "predicted",
            f"{_within(prediction.area, 1, 'um2')}, {_within(prediction.power_uw, 1e3, 'mW')} at "
            f"{prediction.clock_mhz:g} MHz, {_within(prediction.energy_pj, 1e6, 'uJ')} an image, "
            f"up to {_within(prediction.fmax_mhz, 1, 'MHz')}; {prediction.cycles:,} cycles, "
            f"{prediction.latency_us:.1f} us",
        )
    ]
    if prediction.outside:
        rows.append(("caution", _outside(prediction)))
    return rows


def _outside(prediction: Prediction) -> str:
    features = "; ".join(str(each) for each in prediction.outside)
    return (
        f"the design is outside the range that the predictors were trained on: {features}. The "
        "intervals are widened, but unproven there: measure with hawx synth and hawx power, or "
        "train predictors on designs like this one (hawx characterize-designs)"
    )


def _within(interval: Interval, unit: float, name: str) -> str:
    value, low, high = (
        f"{each / unit:,.0f}" if each >= 1000 * unit else f"{each / unit:.4g}"
        for each in (interval.value, interval.low, interval.high)
    )
    return f"{value} {name} ({low} to {high})"


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
        ("search",),
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
    "predict": _Part("predict.json", ("prediction", "reason"), _predict, {}),
    "emit": _Part(
        "program.json",
        ("blocks", "loadable", "multiplications", "parameter_bytes", "title"),
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
            "utilization",
            "simulator",
            "causes",
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
