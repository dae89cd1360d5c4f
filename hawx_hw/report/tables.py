"""The tables below an account: the chosen design, predictions beside what was found, and shares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

__all__ = ["chosen_design", "tables"]

#: Title, heading and lines.
Table = tuple[str, tuple[str, ...], list[list[str]]]

#: Of designs: the figures that are shown, and how.
_DESIGN_FIGURES = {"energy_nj": ",.1f", "area_um2": ",.0f", "latency_us": ",.2f"}


def tables(found: dict[str, Any]) -> Iterator[Table]:
    """The tables of an account, in their order."""
    chosen = found.get("chosen")
    if chosen:
        yield _chosen_table(chosen)
    yield from _comparison(found.get("predicted", []), chosen, found["results"])
    yield from _shares(found["results"])


def chosen_design(folder: Path) -> dict[str, Any]:
    """The point of the front that is built, and what it must beat."""
    from hawx_hw.report.verdict import rivals, verdict
    from hawx_hw.search.result import load_result

    result = load_result(folder)
    index = json.loads((folder / "design.json").read_text("utf-8"))["index"]
    chosen = result.front[index]
    others = rivals(result, chosen, chosen.accuracy_drop)
    designs = [("chosen", chosen), *((rival.what, rival.point) for rival in others)]
    predicted = chosen.predicted_accuracy
    return {
        "index": index,
        "objective": result.objective,
        "exact_accuracy": result.exact_accuracy,
        "predicted_accuracy": asdict(predicted) if predicted else None,
        "accuracy": chosen.accuracy,
        "images": result.images,
        "verdict": verdict(result, chosen, others),
        "designs": [
            {
                "what": what,
                "accuracy_drop": point.accuracy_drop,
                "test_accuracy": point.test_accuracy,
                **point.metrics,
                "size": result.size_of(point),
            }
            for what, point in designs
        ],
    }


def _chosen_table(chosen: dict[str, Any]) -> Table:
    heading = ("design", "accuracy drop", "test accuracy", "nJ", "um2", "us", "size")
    lines = [
        [
            row["what"],
            f"{row['accuracy_drop']:.2f}",
            f"{100 * row['test_accuracy']:.2f} %",
            *(
                f"{row[name]:{form}}" if name in row else ""
                for name, form in _DESIGN_FIGURES.items()
            ),
            row["size"],
        ]
        for row in chosen["designs"]
    ]
    return f"chosen: {chosen['verdict']}", heading, lines


def _shares(results: dict[str, Any]) -> Iterator[Table]:
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
        causes = results["verify"]["causes"]
        heading = ("layer", "cycles", *(cause["title"] for cause in causes))
        lines = [
            [
                entry["name"],
                f"{entry['cycles']:,}",
                *(
                    f"{100 * entry['causes'][cause['name']] / entry['cycles']:.1f} %"
                    for cause in causes
                ),
            ]
            for entry in ledger
        ]
        yield "where the cycles of an image go", heading, lines
    if "power" in results:
        yield _energy_table(results["power"])


def _energy_table(power: dict[str, Any]) -> Table:
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


def _comparison(
    compared: list[dict[str, Any]],
    chosen: dict[str, Any] | None,
    results: dict[str, Any],
) -> Iterator[Table]:
    """What was predicted beside what was measured."""
    units = {
        "area": ("area, um2", 1.0),
        "longest_path_ns": ("longest path, ns", 1.0),
        "power_uw": ("power, mW", 1e3),
        "energy_pj": ("energy per image, uJ", 1e6),
    }
    lines = []
    for row in compared:
        name, unit = units[row["metric"]]
        value, low, high = (row["predicted"][key] / unit for key in ("value", "low", "high"))
        measured = row["measured"] / unit
        place = "" if row["inside"] else "outside"
        lines.append(
            [name, f"{value:,.5g}", f"{low:,.5g} to {high:,.5g}", f"{measured:,.5g}",
             f"{100 * (value / measured - 1):+.1f} %", place]
        )  # fmt: skip
    if lines and "verify" in results and (results.get("predict") or {}).get("prediction"):
        predicted = results["predict"]["prediction"]["cycles"]
        simulated = results["verify"]["cycles_per_image"]
        place = "" if predicted == simulated else "outside"
        off = f"{100 * (predicted / simulated - 1):+.1f} %"
        lines.append(["cycles per image", f"{predicted:,}", "exact", f"{simulated:,}", off, place])
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
        heading = ("", "predicted", "90 % interval", "measured", "off", "")
        yield "predicted without synthesis, and measured", heading, lines
