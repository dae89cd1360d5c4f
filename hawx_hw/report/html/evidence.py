"""What a report rests on: proofs, versions, hashes and times."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hawx_hw import __version__
from hawx_hw.errors import UserError
from hawx_hw.report import lines
from hawx_hw.report.html.names import arguments
from hawx_hw.util.files import read_text
from hawx_hw.util.json_text import read_json
from hawx_hw.util.results import Header

if TYPE_CHECKING:
    from pathlib import Path

    from hawx_hw.block_proofs.result import ProofsResult
    from hawx_hw.config.models import Config
    from hawx_hw.design.program import EmittedBlock
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.report.summary import Summary

__all__ = ["outside_sentences", "proof_pairs", "reproduce_pairs"]

_PAIRS = "all 65,536 products simulated"


def proof_pairs(results: RunResults, config: Config, path: str) -> Iterator[tuple[str, str]]:
    """What was proven, and how.

    Parameters
    ----------
    results : RunResults
    config : Config
    path : str
        How the user names the config.
    """
    verify = results.verify
    if verify is not None:
        yield from lines.verify_lines(verify)
        yield "inferences", f"{verify.inferences:,} results compared, in all scenarios together"
        yield (
            "layers",
            f"every word that {', '.join(verify.cycles_of_layers)} store compared, of "
            f"{verify.traced:,} images; their cycles of all",
        )
        for name, scenario in verify.scenarios.items():
            state = "passed" if scenario.passed else f"FAILED: {'; '.join(scenario.failures)}"
            yield f"scenario {name.replace('_', ' ')}", state
        yield "simulator", ", ".join((verify.simulator, *_versions(results, ("verify",))))
        yield "seed", f"{config.seed}: images of the scenarios, stalls and search follow from it"
    if results.emit is not None:
        proofs = _proofs(results.folder)
        circuits = {} if proofs is None else _circuits(results.folder, results.emit.blocks)
        for block in results.emit.blocks:
            answer = _block(block, circuits.get(block.name), proofs, path)
            yield f"block {block.name}, {block.implementation}", answer


def _block(block: EmittedBlock, circuit: str | None, proofs: ProofsResult | None, path: str) -> str:
    digest = f"; SHA-256 of the products {block.table_sha256[:16]}..."
    known = None
    if proofs is not None and circuit is not None:
        known = proofs.of(block.table_sha256, block.implementation, circuit)
    if known is None or proofs is None:
        return f"not proven apart from the accelerator yet: hawx blocks prove --of {path}{digest}"
    if not known.holds:
        return f"WRONG: {known.counterexamples[0]}{digest}"
    formal = (
        ", and proven equal to its specification for all operands (formally, by Yosys)"
        if known.formal
        else "; it has no specification to be proven against formally"
    )
    return f"{_PAIRS} with {proofs.simulator} and equal to its table{formal}{digest}"


def _proofs(folder: Path) -> ProofsResult | None:
    """The proofs in a build folder; None where there are none that can be read.

    No stage writes the file: it may be of an earlier version. The command that the page names then
    writes it anew.
    """
    from hawx_hw.block_proofs.result import ProofsResult

    try:
        return ProofsResult.read(folder)
    except UserError:
        return None


def _circuits(folder: Path, blocks: Sequence[EmittedBlock]) -> dict[str, str]:
    """The hash of each block's emitted Verilog, by name; none where that is not whole."""
    from hawx_hw.design.emitted_blocks import emitted_blocks

    try:
        circuits = emitted_blocks(folder, blocks)
    except UserError:
        return {}
    return {block.name: each.digest for block, each in zip(blocks, circuits, strict=True)}


def _versions(results: RunResults, stages: tuple[str, ...]) -> Iterator[str]:
    """Tools of some stages with their versions, each once."""
    known: dict[str, str] = {}
    for stage in stages:
        result = getattr(results, stage, None)
        if result is not None:
            known.update(_header(results.folder / type(result).FILE))
    yield from (f"{name} {version}" for name, version in sorted(known.items()))


def _header(path: Path) -> Mapping[str, str]:
    """Versions that a stage's file states; none where it states none."""
    try:
        stated = read_json(read_text(path))
        return Header.model_validate({key: stated[key] for key in Header.model_fields}).versions
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def reproduce_pairs(
    results: RunResults, path: str, seconds: Mapping[str, float], index: int | None = None
) -> Iterator[tuple[str, str]]:
    """Commands, versions, hashes, times.

    Parameters
    ----------
    results : RunResults
    path : str
        How the user names the config.
    seconds : mapping of str to float
        What each stage took the last time it ran.
    index : int or None
        See :func:`~hawx_hw.report.html.build.report_content`.
    """
    named = arguments(path, index)
    yield "this design", f"hawx run {named}"
    if index is None and results.index is not None:
        yield "this design, whatever the constraints", f"hawx run {path} --index {results.index}"
    yield "this page", f"hawx report {named}"
    yield "hawx_hw", __version__
    every = ("quantize", "search", "emit", "verify", "synth", "power")
    yield "tools and libraries", ", ".join(_versions(results, every)) or "not stated"
    if results.emit is not None:
        yield "hash of the config, in the accelerator's registers", results.emit.config_hash
        yield "SHA-256 of the parameters", results.emit.parameters_sha256
    if results.quantize is not None:
        yield "SHA-256 of the data set", results.quantize.dataset.sha256
    if results.synth is not None:
        yield "SHA-256 of the library", results.synth.technology.sha256
    if seconds:
        yield (
            "time of the stages, when they last ran",
            ", ".join(f"{stage} {took:,.1f} s" for stage, took in seconds.items())
            + f"; {sum(seconds.values()):,.0f} s together",
        )
    yield "machine", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def outside_sentences(summary: Summary) -> Iterator[str]:
    """A sentence for each prediction whose interval does not contain the measurement."""
    compared = [each for each in summary.comparisons if not each.exact]
    for each in compared:
        if each.inside:
            continue
        above = each.measured > each.predicted.high
        bound = each.predicted.high if above else each.predicted.low
        gap = abs(each.measured - bound)
        size = (
            f"{gap / each.scale:.2f} points"
            if each.points
            else f"{100 * gap / abs(bound):.1f} % of it"
        )
        yield (
            f"{each.title[0].upper()}{each.title[1:]}: {each.show(each.measured)} was measured, "
            f"{'above' if above else 'below'} the interval's {'upper' if above else 'lower'} "
            f"bound {each.show(bound)} by {size}."
        )
    if compared:
        yield "Of ten predictions, one is expected to lie outside of its interval of 90 %."
