"""What a person reads first at the end of a run: the verdict and ten lines below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from hawx_hw.report.headline import cautions, headline
from hawx_hw.util.wrapping import text_width, wrapped

if TYPE_CHECKING:
    from hawx_hw.report.lines import Line
    from hawx_hw.report.summary import Summary
    from hawx_hw.search.pick import AccuracyBound

__all__ = ["Brief", "brief", "print_brief"]

#: Cautions beyond these are in the sections.
_CAUTIONS = 2
#: Files of the last line, by the names of the summary.
_FILES = ("report", "Verilog", "numbers, for programs")
_CAUTION, _FAILED = "caution", "FAILED"


@dataclass(frozen=True)
class Brief:
    """The short summary.

    Parameters
    ----------
    title : str
    verdict : tuple of str
        One or two sentences.
    lines : tuple of (str, str)
        Names and texts.
    """

    title: str
    verdict: tuple[str, ...]
    lines: tuple[Line, ...]


def brief(summary: Summary, more: str | None = None) -> Brief:
    """The short summary of a run.

    Parameters
    ----------
    summary : Summary
    more : str or None
        The command that prints the rest.
    """
    results = summary.results
    known = [
        *_accuracy(summary),
        *_energy(summary),
        *_area(summary),
        *_clock(summary),
        *_verified(summary),
        *_flows(summary),
        *((_CAUTION, text.partition(". ")[0]) for text in cautions(summary)[:_CAUTIONS]),
    ]
    known += _files(summary)
    if more is not None:
        known.append(("more", more))
    built = "" if results.emit is None else f": {results.emit.title}"
    title = f"{results.folder.name}{built} ({_effort(summary)})"
    return Brief(title, headline(summary), tuple(known))


def _effort(summary: Summary) -> str:
    """What the run had to do."""
    idle = sum(not outcome.ran for outcome in summary.outcomes)
    if idle == len(summary.outcomes):
        return "up to date"
    seconds = sum(outcome.seconds for outcome in summary.outcomes)
    rest = f", {idle} of {len(summary.outcomes)} stages were up to date" if idle else ""
    return f"{seconds:.0f} s{rest}"


def print_brief(short: Brief, stream: TextIO, *, quiet: bool = False) -> None:
    """Print a short summary: in color on a terminal, and never wider than that.

    Parameters
    ----------
    short : Brief
    stream : text file
    quiet : bool
        The verdict and the files alone.
    """
    from rich.console import Console
    from rich.text import Text

    # No width, no wrapping and no markup of its own: lines are what they are below.
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    width = text_width(stream)
    if not quiet:
        console.print(Text(short.title, style="bold"))
    for line in wrapped(" ".join(short.verdict), width):
        console.print(Text(line))
    lines = [line for line in short.lines if not quiet or line[0] == "files"]
    indent = max((len(name) for name, _ in lines), default=0) + 2
    for name, text in lines:
        first, *others = wrapped(text, width, indent=indent)
        style = _style(name, text)
        console.print(Text.assemble((name.ljust(indent), "bold"), (first[indent:], style)))
        for line in others:
            console.print(Text(line, style))


def _style(name: str, text: str) -> str:
    if _FAILED in text:
        return "bold red"
    return "yellow" if name == _CAUTION else ""


def _accuracy(summary: Summary) -> Iterator[Line]:
    results, chosen = summary.results, summary.chosen
    if results.quantize is not None:
        exact = results.quantize.accuracy
        built = results.assign.accuracy if results.assign is not None else None
        parts = [f"float {_percent(exact.in_float)}", f"int8 {_percent(exact.int8)}"]
        if built is not None:
            parts.append(f"as built {_percent(built.assigned)}")
            if built.compensated is not None:
                parts[-1] += f" ({_percent(built.compensated)} before retraining)"
        yield "accuracy", f"{', '.join(parts)} on {exact.images:,} test images"
    if chosen is not None:
        yield "drop", _drop(chosen.bound, chosen.designs[0].accuracy_drop, chosen.images)


def _drop(bound: AccuracyBound | None, drop: float, images: int) -> str:
    """The accuracy drop of a design that a search chose."""
    if bound is None:
        return f"{drop:z.2f} points on {images:,} training images of the search"
    if not bound.finalists:
        return "none: the design is exact"
    text = f"{drop:z.2f} points estimated, {bound.most:g} allowed"
    if bound.holds:
        return f"{text}; this holds with {100 * bound.confidence:g} % confidence"
    exceeded = bound.drop > bound.most
    return f"{text}; {'exceeded' if exceeded else 'undecided'} by {bound.images:,} new images"


def _energy(summary: Summary) -> Iterator[Line]:
    results = summary.results
    if results.power is not None:
        text = f"{results.power.energy_pj / 1000:,.1f} nJ an image"
        references = results.references.designs if results.references is not None else ()
        for each in references:
            other = each.power.energy_pj
            text += f"; {each.what} {other / 1000:,.1f} nJ"
            text += f" ({_change(results.power.energy_pj, other)})"
        yield "energy", text
    elif results.predict is not None and results.predict.prediction is not None:
        energy = results.predict.prediction.energy_pj
        low, high = energy.low / 1000, energy.high / 1000
        yield (
            "energy",
            f"{energy.value / 1000:,.1f} nJ an image, predicted ({low:,.1f} to {high:,.1f})",
        )


def _area(summary: Summary) -> Iterator[Line]:
    results = summary.results
    if results.synth is not None:
        text = f"{results.synth.area:,.0f} um2 of cells"
        references = results.references.designs if results.references is not None else ()
        for each in references[:1]:
            change = _change(results.synth.area, each.area)
            text += f"; {each.what} {each.area:,.0f} um2 ({change})"
        yield "area", text
    elif results.predict is not None and results.predict.prediction is not None:
        area = results.predict.prediction.area
        yield (
            "area",
            f"{area.value:,.0f} um2 of cells, predicted ({area.low:,.0f} to {area.high:,.0f})",
        )


def _clock(summary: Summary) -> Iterator[Line]:
    """Clock, cycles and time of an image, and the longest path, as far as they are known."""
    results = summary.results
    prediction = None if results.predict is None else results.predict.prediction
    mhz = cycles = None
    if results.power is not None:
        mhz, cycles = results.power.clock_mhz, results.power.cycles
    elif prediction is not None:
        mhz, cycles = prediction.clock_mhz, prediction.cycles
    if results.verify is not None and results.verify.cycles_per_image is not None:
        cycles = results.verify.cycles_per_image
    parts = [] if mhz is None else [f"{mhz:g} MHz"]
    if results.synth is not None:
        parts.append(f"longest path {results.synth.timing.longest_path_ns:.2f} ns without wires")
    if parts:
        yield "clock", "; ".join(parts)
    if cycles is not None:
        parts = [f"{cycles:,} an image"]
        parts += [] if mhz is None else [f"{cycles / mhz:,.2f} us"]
        if results.verify is not None:
            share = 100 * results.verify.utilization
            parts.append(f"{share:.1f} % of multiplier-cycles do useful work")
        yield "cycles", ", ".join(parts)


def _verified(summary: Summary) -> Iterator[Line]:
    results = summary.results
    verify = results.verify
    if verify is None:
        if results.emit is not None:
            yield "verified", "not in this run: hawx verify"
    elif verify.failure is not None:
        yield "verified", f"{_FAILED}: {verify.failure} (simulated with {verify.simulator})"
    else:
        exact = verify.cycles_per_image == verify.cycles_predicted
        cycles = "cycles as predicted" if exact else f"predicted {verify.cycles_predicted:,} cycles"
        yield "verified", f"{verify.images:,} images bit for bit, {cycles} ({verify.simulator})"


def _flows(summary: Summary) -> Iterator[Line]:
    """Which flows passed, and which did not."""
    flows = summary.results.flows
    passed = [name for name, flow in flows.items() if not flow.failures]
    failed = [name for name, flow in flows.items() if flow.failures]
    parts = [f"{', '.join(passed)} passed"] if passed else []
    parts += [f"{_FAILED}: {', '.join(failed)}"] if failed else []
    if parts:
        yield "flows", "; ".join(parts)


def _files(summary: Summary) -> Iterator[Line]:
    """The path of the first file, and the names of the others, which lie beside it."""
    paths = [summary.files[name] for name in _FILES if name in summary.files]
    if paths:
        first, *others = paths
        beside = f"; beside it {', '.join(path.name for path in others)}" if others else ""
        yield "files", f"{first}{beside}"


def _change(value: float, other: float) -> str:
    return f"{100 * (value / other - 1):+.1f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
