"""What a design came to, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hawx_hw.report import lines
from hawx_hw.report.headline import cautions, headline
from hawx_hw.report.html.content import Number, Verdict
from hawx_hw.report.html.hints import hints
from hawx_hw.report.html.names import network_title
from hawx_hw.report.verdict import EXACT

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.power.references import ReferenceDesign
    from hawx_hw.report.result import EstimateSummary
    from hawx_hw.report.summary import Summary

__all__ = ["OBJECTIVES", "verdict_content"]

#: Objectives of the config, in words.
OBJECTIVES = {
    "energy": "energy of an image",
    "power": "power",
    "area": "area",
    "latency": "time of an image",
    "multiplier_energy": "energy of the multiplications",
}


def verdict_content(summary: Summary, config: Config) -> Verdict:
    """The first section.

    Parameters
    ----------
    summary : Summary
    config : Config
    """
    return Verdict(
        headline=" ".join(headline(summary)),
        sentences=tuple(_sentences(summary, config)),
        numbers=tuple(_numbers(summary)),
        cautions=tuple(_cautions(summary)),
        hints=tuple(hints(summary.results)),
    )


def _sentences(summary: Summary, config: Config) -> Iterator[tuple[str, str]]:
    results, chosen = summary.results, summary.chosen
    yield "asked for", _asked(config)
    if results.emit is not None:
        blocks = ", ".join(
            f"{each.name} in {each.instances:,} {results.emit.cell}s"
            for each in results.emit.blocks
        )
        number = ""
        if chosen is not None and results.search is not None and results.search.search is not None:
            number = (
                f"; number {chosen.index} of the search's {len(results.search.search.designs)} "
                "designs"
            )
        yield "built", f"{results.emit.title}, with {blocks}{number}"
    for reference in _references(summary):
        yield f"saves against {reference.what}", _saved(summary, reference)
    if chosen is not None:
        yield "as predicted before synthesis", chosen.verdict
    if results.verify is not None:
        yield "verified", _verified(summary)
    sure = _certainty(summary)
    if sure:
        yield "predictions", sure


def _asked(config: Config) -> str:
    network = network_title(config)
    if config.search is None:
        return f"{network}, with the blocks of the config"
    most = config.search.constraints.accuracy_drop
    return (
        f"{network}, with the least {OBJECTIVES[config.search.objective]} at an accuracy drop of "
        f"at most {most:g} percentage points; blocks are chosen by {config.search.granularity}"
    )


def _references(summary: Summary) -> tuple[ReferenceDesign, ...]:
    results = summary.results
    if results.references is None or results.power is None:
        return ()
    return results.references.designs


def _saved_energy(summary: Summary, reference: ReferenceDesign) -> float:
    """In per cent."""
    power = summary.results.power
    assert power is not None
    return 100 * (1 - power.energy_pj / reference.power.energy_pj)


def _saved(summary: Summary, reference: ReferenceDesign) -> str:
    power, synth = summary.results.power, summary.results.synth
    assert power is not None
    text = f"{_less(_saved_energy(summary, reference))} energy of an image"
    if synth is not None:
        text += f", {_less(100 * (1 - synth.area / reference.area))} area"
    best = ""
    if reference.what == EXACT and _several_sizes(summary):
        best = ", where exact blocks take least"
    return f"{text}: measured alike on {reference.accelerator}{best}"


def _several_sizes(summary: Summary) -> bool:
    search = summary.results.search
    return search is not None and search.search is not None and len(search.search.accelerators) > 1


def _less(percent: float) -> str:
    return f"{abs(percent):.1f} % {'less' if percent >= 0 else 'more'}"


def _verified(summary: Summary) -> str:
    verify = summary.results.verify
    assert verify is not None
    if verify.failure is not None:
        return f"FAILED: {verify.failure}"
    cycles = verify.cycles_per_image
    exact = cycles is not None and cycles == verify.cycles_predicted
    return (
        f"the Verilog computes {verify.images:,} test images bit for bit as the integer "
        f"network does, in {0 if cycles is None else cycles:,} cycles each"
        f"{', exactly as predicted' if exact else ''} (simulated with {verify.simulator})"
    )


def _certainty(summary: Summary) -> str:
    compared = [each for each in summary.comparisons if not each.exact]
    if not compared:
        return ""
    outside = [each.title for each in compared if not each.inside]
    inside = len(compared) - len(outside)
    text = f"{inside} of {len(compared)} lie within their intervals of 90 %"
    return f"{text}; outside: {'; '.join(outside)}" if outside else text


def _estimate(summary: Summary) -> EstimateSummary | None:
    """The accuracy drop on new images of the design that is built."""
    from hawx_hw.report.result import EstimateSummary

    search, index = summary.results.search, summary.results.index
    if search is None or search.search is None or index is None:
        return None
    known = search.search.designs[index].estimate
    if known is None:
        return None
    return EstimateSummary(drop=known.value, low=known.low, high=known.high)


def _numbers(summary: Summary) -> Iterator[Number]:
    results = summary.results
    if results.quantize is not None:
        exact = results.quantize.accuracy
        assigned = results.assign.accuracy if results.assign is not None else None
        value = exact.int8 if assigned is None else assigned.assigned
        yield Number(
            label="test accuracy",
            value=f"{100 * value:.2f}",
            unit="%",
            term="test accuracy",
            note=f"{100 * exact.in_float:.2f} % in float, {100 * exact.int8:.2f} % with exact "
            f"blocks; {exact.images:,} test images",
        )
    drop = _estimate(summary)
    if drop is not None:
        yield Number(
            label="accuracy drop",
            value=f"{drop.drop:z.2f}",
            unit="points",
            term="accuracy drop",
            note=f"on new images, estimated: {drop.low:z.2f} to {drop.high:z.2f} with 95 %",
        )
    yield from _costs(summary)


def _costs(summary: Summary) -> Iterator[Number]:
    results = summary.results
    if results.power is not None:
        yield Number(
            label="energy of an image",
            value=f"{results.power.energy_pj / 1000:,.1f}",
            unit="nJ",
            term="energy of an image",
            note=f"memories by the model {results.power.memory_model}",
        )
        yield Number(
            label="power",
            value=f"{results.power.power_uw / 1000:,.2f}",
            unit="mW",
            term="power",
            note="while images are computed",
        )
    if results.synth is not None:
        yield Number(
            label="area",
            value=f"{results.synth.area:,.0f}",
            unit="µm²",
            term="area",
            note=f"cells of {results.synth.technology.name}; {results.synth.memory_bits:,} bits of "
            "memory on top",
        )
    if results.power is not None:
        path = ""
        if results.synth is not None:
            path = f"; longest path {results.synth.timing.longest_path_ns:.2f} ns without wires"
        yield Number(
            label="clock",
            value=f"{results.power.clock_mhz:g}",
            unit="MHz",
            term="clock",
            note=f"{results.power.clock}{path}",
        )
    if results.verify is not None and results.verify.cycles_per_image is not None:
        cycles = results.verify.cycles_per_image
        yield Number(
            label="cycles of an image",
            value=f"{cycles:,}",
            term="cycles of an image",
            note=f"{100 * results.verify.utilization:.1f} % of multiplier-cycles do useful work",
        )
        if results.power is not None:
            yield Number(
                label="time of an image",
                value=f"{cycles / results.power.clock_mhz:,.2f}",
                unit="µs",
                term="time of an image",
                note=f"{1e6 * results.power.clock_mhz / cycles:,.0f} images a second",
            )


def _cautions(summary: Summary) -> Iterator[str]:
    """What is known of the accuracy drop, and the cautions of the summary."""
    chosen = summary.chosen
    known = lines.bound_lines(chosen.bound, numbered=chosen.numbered) if chosen is not None else []
    drop = [text for name, text in known if name != "caution"]
    for text in (*drop, *cautions(summary)):
        yield f"{text[0].upper()}{text[1:]}."
