"""What a design came to, in words, with what would make it better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hawx_hw.report import lines
from hawx_hw.report.headline import cautions, headline
from hawx_hw.report.html.content import Number, Verdict
from hawx_hw.report.measured import shares

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.report.summary import Summary
    from hawx_hw.verification.result import VerifyResult

__all__ = ["verdict_content"]

#: A part of the energy, or of the cycles, from which on a hint is worth reading.
_LARGE = 0.25


def verdict_content(summary: Summary, config: Config) -> Verdict:
    """The first section.

    Parameters
    ----------
    summary : Summary
    config : Config
    """
    return Verdict(
        sentences=tuple(_sentences(summary, config)),
        numbers=tuple(_numbers(summary)),
        cautions=tuple(_cautions(summary)),
        hints=tuple(_hints(summary)),
    )


def _sentences(summary: Summary, config: Config) -> Iterator[str]:
    yield from headline(summary)
    results, chosen = summary.results, summary.chosen
    network = config.network.model
    if config.search is None:
        yield f"Asked for: {network} on {config.network.dataset}, with the blocks of the config."
    else:
        most = config.search.constraints.accuracy_drop
        yield (
            f"Asked for: {network} on {config.network.dataset}, with the least "
            f"{config.search.objective.replace('_', ' ')} at an accuracy drop of at most {most:g} "
            f"percentage points, blocks chosen by {config.search.granularity}."
        )
    if results.emit is not None:
        blocks = ", ".join(
            f"{each.name} in {each.instances:,} {results.emit.cell}s"
            for each in results.emit.blocks
        )
        yield f"Built: {results.emit.title}, with {blocks}."
    if chosen is not None:
        yield f"As predicted before synthesis: {chosen.verdict}."
    if results.verify is not None and not results.verify.mismatches:
        yield _verified(results.verify)
    yield from _certainty(summary)


def _verified(verify: VerifyResult) -> str:
    cycles = verify.cycles_per_image
    exact = cycles is not None and cycles == verify.cycles_predicted
    return (
        f"Verified: the Verilog computes {verify.images:,} test images bit for bit as the integer "
        f"network does, in {0 if cycles is None else cycles:,} cycles each"
        f"{', exactly as predicted' if exact else ''} (simulated with {verify.simulator})."
    )


def _certainty(summary: Summary) -> Iterator[str]:
    compared = [each for each in summary.comparisons if not each.exact]
    if not compared:
        return
    outside = [each.title for each in compared if not each.inside]
    inside = len(compared) - len(outside)
    text = f"Of {len(compared)} predictions, {inside} lie within their intervals"
    yield f"{text}; outside: {'; '.join(outside)}." if outside else f"{text}."


def _numbers(summary: Summary) -> Iterator[Number]:
    results = summary.results
    if results.quantize is not None:
        exact = results.quantize.accuracy
        assigned = results.assign.accuracy if results.assign is not None else None
        value = exact.int8 if assigned is None else assigned.assigned
        yield Number(
            label="accuracy",
            value=f"{100 * value:.2f}",
            unit="%",
            note=f"{100 * exact.in_float:.2f} % in float, {100 * exact.int8:.2f} % with exact "
            f"blocks; {exact.images:,} test images",
        )
    if results.power is not None:
        yield Number(
            label="energy of an image",
            value=f"{results.power.energy_pj / 1000:,.1f}",
            unit="nJ",
            term="memory model",
            note=f"memory model {results.power.memory_model}",
        )
        yield Number(label="power", value=f"{results.power.power_uw / 1000:,.2f}", unit="mW")
    if results.synth is not None:
        yield Number(
            label="area",
            value=f"{results.synth.area:,.0f}",
            unit="um2",
            note=f"cells of {results.synth.technology.name}; {results.synth.memory_bits:,} bits of "
            "memory on top",
        )
        path = results.synth.timing.longest_path_ns
        yield Number(label="longest path", value=f"{path:.2f}", unit="ns", note="without wires")
    if results.power is not None:
        yield Number(
            label="clock",
            value=f"{results.power.clock_mhz:g}",
            unit="MHz",
            note=results.power.clock,
        )
    if results.verify is not None and results.verify.cycles_per_image is not None:
        cycles = results.verify.cycles_per_image
        yield Number(
            label="cycles of an image",
            value=f"{cycles:,}",
            note=f"{100 * results.verify.utilization:.1f} % of multiplier-cycles do useful work",
        )


def _cautions(summary: Summary) -> Iterator[str]:
    """What is known of the accuracy drop, and the cautions of the summary."""
    chosen = summary.chosen
    known = lines.bound_lines(chosen.bound, numbered=chosen.numbered) if chosen is not None else []
    drop = [text for name, text in known if name != "caution"]
    for text in (*drop, *cautions(summary)):
        yield f"{text[0].upper()}{text[1:]}."


def _hints(summary: Summary) -> Iterator[str]:
    """Where this design's own numbers are largest, and what changes them."""
    results = summary.results
    power = results.power
    if power is not None:
        parts = shares(power)
        models = power.memory_models
        memories = parts["memories"] / power.energy_pj
        if memories > _LARGE:
            # Leakage, which is a part of the memories too, is the same under every model.
            leakage = parts["memories"] - models[power.memory_model].memories_pj
            spread = ", ".join(
                f"{100 * (m.memories_pj + leakage) / m.energy_pj:.0f} % under {name}"
                for name, m in models.items()
            )
            largest = max(power.memories, key=lambda memory: memory.energy_pj, default=None)
            which = ""
            if largest is not None:
                which = (
                    f" The largest share of one memory is that of {largest.path} "
                    f"({largest.width} x {largest.depth} bits, {largest.reads:,.0f} reads and "
                    f"{largest.writes:,.0f} writes an image, {largest.energy_pj / 1000:.1f} nJ)."
                )
            yield (
                f"Memories take {100 * memories:.0f} % of the energy ({spread}), which cheaper "
                f"multipliers do not change: state macros of your own under technology, or try "
                f"other sizes of the accelerator in search.variants.{which}"
            )
        clock = parts["clock"] / power.energy_pj
        if clock > _LARGE:
            yield f"The clock takes {100 * clock:.0f} % of the energy."
        multipliers = parts["multipliers"] / power.energy_pj
        yield (
            f"Multipliers take {100 * multipliers:.1f} % of the energy: whatever blocks replace "
            f"them, they can save at most that."
        )
    if results.verify is not None and results.verify.ledger:
        yield from _idle(summary)


def _idle(summary: Summary) -> Iterator[str]:
    """The layer that wastes most cycles, with its largest cause besides useful work."""
    verify = summary.results.verify
    assert verify is not None
    _, *others = verify.causes
    wasted = [(sum(layer.causes[cause.name] for cause in others), layer) for layer in verify.ledger]
    most, layer = max(wasted, key=lambda pair: pair[0])
    total = sum(each.cycles for each in verify.ledger)
    if total and most / total > 0.05:
        cause = max(others, key=lambda cause: layer.causes[cause.name])
        yield (
            f"{layer.name} does no useful work in {most:,.0f} of its {layer.cycles:,} cycles "
            f"({100 * most / total:.0f} % of all), most of it for: {cause.title}."
        )
