"""What is foretold of one design, and how it compares with what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.architectures.systolic.features import DesignDescription
from hawx_hw.prediction.evaluation import power
from hawx_hw.prediction.predictors import Estimates, Predictors

__all__ = ["comparison", "forecast"]


def forecast(description: DesignDescription, predictors: Predictors, cycles: int) -> dict[str, Any]:
    """Every figure of a design, with intervals of 90 %, JSON-able.

    Cycles and memories are exact. The clock is the wanted one, or what the predicted longest path
    allows where that is less; power and energy are of that clock.

    Parameters
    ----------
    description : DesignDescription
    predictors : Predictors
        Of the description's technology.
    cycles : int
        Of an image, from its first byte to the last one of its result, as power counts them.

    Returns
    -------
    dict
        ``area``, ``memory_area``, ``longest_path_ns``, ``fmax_mhz``, ``clock_mhz``, ``cycles``,
        ``latency_us``, ``power_uw``, ``energy_pj``, ``outside``. What is predicted is a dict of
        ``value``, ``low`` and ``high``; ``outside`` holds for each feature beyond what was trained
        on its ``value`` and the ``low`` and ``high`` of training.

    Raises
    ------
    ValueError
        The predictors are of another technology, or ``cycles`` is not positive.
    """
    if cycles < 1:
        raise ValueError(f"cycles must be positive, not {cycles!r}")
    if description.technology != predictors.technology:
        raise ValueError(
            f"description must be of {predictors.technology!r}, not {description.technology!r}"
        )
    values = description.values
    found = predictors.estimate(description.vector()[None, :])
    delay = found["delay"]
    clock = min(values["clock_mhz"], 1000.0 / float(delay.value[0]))
    time = np.array([cycles / clock])
    drawn = power(found["energy"], found["leakage"], time)
    energy = Estimates(drawn.value * time, drawn.low * time, drawn.high * time)
    fmax = Estimates(1000.0 / delay.value, 1000.0 / delay.high, 1000.0 / delay.low)
    outside = {}
    for name in predictors.outside(description):
        low, high = predictors.range_of(name)
        outside[name] = {"value": values[name], "low": low, "high": high}
    return {
        "technology": description.technology,
        "designs": predictors.designs,
        "area": _interval(found["area"]),
        "memory_area": _rounded(values["memory_area"]),
        "longest_path_ns": _interval(delay),
        "fmax_mhz": _interval(fmax),
        "clock_mhz": _rounded(clock),
        "cycles": cycles,
        "latency_us": _rounded(float(time[0])),
        "power_uw": _interval(drawn),
        "energy_pj": _interval(energy),
        "outside": outside,
    }


def comparison(folder: Path) -> list[dict[str, Any]]:
    """What was predicted of a design beside what was found.

    Parameters
    ----------
    folder : Path
        A build folder.

    Returns
    -------
    list of dict
        ``figure``, ``unit``, ``predicted``, ``low``, ``high``, ``found`` and ``inside``, of what
        the folder's ``predict.json`` tells and its ``synth.json`` or ``power.json`` too; nothing
        where one of them is missing or of another technology.
    """
    predicted = _read(folder / "predict.json")
    rows = []
    for file, figures in (
        ("synth.json", (("area", "um2", ("area",)),
                        ("longest_path_ns", "ns", ("timing", "longest_path_ns")))),
        ("power.json", (("power_uw", "uW", ("power_uw",)), ("energy_pj", "pJ", ("energy_pj",)))),
    ):  # fmt: skip
        found = _read(folder / file)
        if not predicted or not found:
            continue
        if found["technology"]["name"] != predicted.get("technology", {}).get("name"):
            continue
        for name, unit, path in figures:
            value: Any = found
            for key in path:
                value = value[key]
            told = (predicted.get("forecast") or {}).get(name)
            if told is None:
                continue
            rows.append(
                {
                    "figure": name,
                    "unit": unit,
                    "predicted": told["value"],
                    "low": told["low"],
                    "high": told["high"],
                    "found": value,
                    "inside": told["low"] <= value <= told["high"],
                }
            )
    return rows


def _read(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _interval(estimates: Estimates) -> dict[str, float]:
    return {
        "value": _rounded(float(estimates.value[0])),
        "low": _rounded(float(estimates.low[0])),
        "high": _rounded(float(estimates.high[0])),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
