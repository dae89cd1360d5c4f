"""An inspection for people: lines, then a table of the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.report.tables import Table

if TYPE_CHECKING:
    from hawx_hw.inspection.result import Flips, Inspection, LayerNoise, LayerReport
    from hawx_hw.report.lines import Line

__all__ = ["inspection_lines", "layer_table"]

#: Layers that are named, of those at which classes change first.
_NAMED = 5


def inspection_lines(inspection: Inspection) -> list[Line]:
    """The images, the accuracies, the changed classes and the likely culprits."""
    lines = [("images", _images(inspection)), ("accuracy on them", _accuracy(inspection))]
    lines += [
        (f"other class, {' to '.join(flips.versions)}", _flips(flips)) for flips in inspection.flips
    ]
    lines.append(("Verilog", _rtl(inspection)))
    lines += [
        (f"likely culprit: {culprit.kind}", f"{culprit.what} {culprit.hint}")
        for culprit in inspection.culprits
    ]
    if not inspection.culprits:
        lines.append(("likely culprit", _nothing(inspection)))
    return lines


def _images(inspection: Inspection) -> str:
    text = f"{inspection.images:,} for learning"
    if inspection.seen == 0:
        return f"{text}, none of which calibration or search used"
    return f"{text}; calibration or search used {inspection.seen:,} of them too"


def _accuracy(inspection: Inspection) -> str:
    accuracy = inspection.accuracy
    parts = [("float", accuracy.in_float), ("int8", accuracy.int8)]
    if accuracy.uncompensated is not None and accuracy.built is not None:
        parts += [("blocks", accuracy.uncompensated), ("as built", accuracy.built)]
    return ", ".join(f"{name} {100 * share:.1f} %" for name, share in parts)


def _rtl(inspection: Inspection) -> str:
    rtl = inspection.rtl
    if rtl is None:
        return "not compared with the integer network as it is now; that does: hawx verify CONFIG"
    if rtl.equal:
        return f"equal to the integer network, bit for bit, on {rtl.images:,} images"
    return "differs from the integer network: see hawx verify CONFIG"


def _flips(flips: Flips) -> str:
    if not flips.flipped:
        return "none"
    text = f"{flips.flipped:,}: {flips.worse:,} right before, {flips.better:,} right after"
    ordered = sorted(flips.first.items(), key=lambda item: -item[1])
    first = ", ".join(f"{name} {count:,}" for name, count in ordered[:_NAMED])
    rest = sum(count for _, count in ordered[_NAMED:])
    if rest:
        first += f", others {rest:,}"
    of = "" if flips.examined == flips.flipped else f" of {flips.examined:,} of them"
    return f"{text}; first layer{of}: {first}"


def _nothing(inspection: Inspection) -> str:
    from hawx_hw.inspection.diagnosis import LEAST_IMAGES

    if inspection.images < LEAST_IMAGES:
        return f"not looked for with fewer than {LEAST_IMAGES} images"
    noisy = [
        (noise.alone_db, layer.name, what)
        for layer in inspection.layers
        for noise, what in ((layer.int8, "rounding to int8"), (layer.built, "its blocks"))
        if noise is not None and noise.alone_db is not None
    ]
    if not noisy:
        return "none"
    ratio, name, what = min(noisy)
    return f"none; most noise comes from {what} in the layer {name}, which leaves {ratio:.1f} dB"


def layer_table(inspection: Inspection) -> Table:
    """One line a layer; what flattens or joins tensors is left out."""
    blocks = inspection.accuracy.built is not None
    heading = ["layer", "int8", "alone"]
    if blocks:
        heading += ["blocks", "alone", "built", "alone"]
    heading += ["low %", "high %", "channels", "zero", "constant", "codes %", "median %"]
    recorded = any(layer.statistics is not None for layer in inspection.layers)
    if recorded:
        heading += ["mean off", "deviation"]
    lines = tuple(
        _line(layer, blocks=blocks, recorded=recorded)
        for layer in inspection.layers
        if layer.kind not in ("Flatten", "Concat")
    )
    title = "signal to noise in dB, int8 against float, the others against int8; saturation; codes"
    return Table(title, tuple(heading), lines)


def _line(layer: LayerReport, *, blocks: bool, recorded: bool) -> tuple[str, ...]:
    noises: list[LayerNoise | None] = [layer.int8]
    if blocks:
        noises += [layer.uncompensated, layer.built]
    return (
        layer.name,
        *(text for noise in noises for text in _noise(noise)),
        f"{100 * layer.saturated_low:.2f}",
        f"{100 * layer.saturated_high:.2f}",
        f"{layer.channels:,}",
        f"{layer.dead:,}",
        f"{layer.constant:,}",
        f"{100 * layer.used:.0f}",
        f"{100 * layer.typical_used:.0f}",
        *(_match(layer) if recorded else ()),
    )


def _match(layer: LayerReport) -> tuple[str, str]:
    match = layer.statistics
    return ("", "") if match is None else (f"{match.shift:.2f}", f"x {match.spread:.2f}")


def _noise(noise: LayerNoise | None) -> tuple[str, str]:
    if noise is None:
        return "", ""
    ratio, alone = noise.ratio_db, noise.alone_db
    return ("" if ratio is None else f"{ratio:.1f}"), ("" if alone is None else f"{alone:.1f}")
