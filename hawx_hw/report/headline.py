"""The verdict in a sentence or two, and the cautions: the same on a terminal and in the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hawx_hw.report import lines

if TYPE_CHECKING:
    from hawx_hw.power.references import ReferenceDesign
    from hawx_hw.report.summary import Summary

__all__ = ["cautions", "headline"]


def headline(summary: Summary) -> tuple[str, ...]:
    """What a run came to.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of str
        At least one sentence: of what was measured, else of what was predicted, else of the
        network; of a verification that failed, that alone.
    """
    verify = summary.results.verify
    if verify is not None and verify.failure is not None:
        return (f"Verification failed: {verify.failure}.",)
    return tuple(_sentences(summary))


def cautions(summary: Summary) -> list[str]:
    """What a reader must know before relying on the numbers; each begins in lower case."""
    results, chosen = summary.results, summary.chosen
    unseen = None if results.quantize is None else results.quantize.roles.unseen
    every: list[lines.Line] = []
    if results.quantize is not None:
        every += lines.quantize_lines(results.quantize)
    if chosen is not None:
        every += lines.bound_lines(chosen.bound, numbered=chosen.numbered)
    every += lines.basis_lines(chosen, unseen)
    if results.retrain is not None:
        every += lines.retrain_lines(results.retrain, results.index)
    if results.predict is not None:
        every += lines.predict_lines(results.predict, compared=True)
    return [text for name, text in every if name == "caution"]


def _sentences(summary: Summary) -> Iterator[str]:
    chosen = summary.chosen
    first = _first(summary)
    if first is not None:
        yield first
    if chosen is not None and chosen.kind is not None:
        yield f"{'The chosen design' if first is None else 'It'} is {chosen.kind}."
    elif first is None:
        yield "Nothing is known of a network or a design yet."


def _first(summary: Summary) -> str | None:
    """The most that is known, in a sentence; None where the kind of the chosen design is all."""
    results, chosen = summary.results, summary.chosen
    prediction = None if results.predict is None else results.predict.prediction
    if results.references is not None and results.references.designs and results.power is not None:
        return _measured(summary, results.references.designs)
    if results.power is not None:
        energy = results.power.energy_pj / 1000
        return f"{_built(summary)} takes {energy:,.1f} nJ an image{_accuracy(summary)}."
    if chosen is not None:
        return None if chosen.kind else f"The chosen design is {chosen.verdict}."
    if prediction is not None:
        energy = prediction.energy_pj.value / 1000
        return f"{_built(summary)} is predicted to take {energy:,.1f} nJ an image."
    if results.quantize is not None:
        accuracy = results.quantize.accuracy
        return (
            f"The integer network is right on {100 * accuracy.int8:.2f} % of "
            f"{accuracy.images:,} test images (float {100 * accuracy.in_float:.2f} %)."
        )
    if results.verify is not None:
        return "The Verilog computes the same as the integer network."
    return None


def _measured(summary: Summary, references: tuple[ReferenceDesign, ...]) -> str:
    """What the design takes less than those that were built beside it."""
    power, synth = summary.results.power, summary.results.synth
    assert power is not None
    parts: list[str] = []
    for reference in references:
        energy = _less(100 * (1 - power.energy_pj / reference.power.energy_pj))
        text = f"{energy} energy an image" if not parts else f"{energy} energy"
        if synth is not None and not parts:
            text += f" and {_less(100 * (1 - synth.area / reference.area))} area"
        parts.append(f"{text} than {reference.what}")
    return f"{_built(summary)} takes {', '.join(parts)}{_accuracy(summary)}."


def _built(summary: Summary) -> str:
    """The hardware in a few words, at the beginning of a sentence."""
    emit = summary.results.emit
    if emit is None:
        return "The design"
    if len(emit.blocks) > 1:
        return f"The accelerator with {len(emit.blocks)} kinds of block"
    (block,) = emit.blocks
    return f"The accelerator with {'exact blocks' if block.name == 'exact' else block.name}"


def _accuracy(summary: Summary) -> str:
    """Its test accuracy, and that of exact blocks where it has others."""
    results = summary.results
    if results.quantize is None:
        return ""
    exact = f"{100 * results.quantize.accuracy.int8:.2f} %"
    accuracy = results.assign.accuracy if results.assign is not None else None
    if accuracy is None:
        return f", at a test accuracy of {exact}"
    assigned = f"{100 * accuracy.assigned:.2f} %"
    if assigned == exact:
        return f", at the same test accuracy of {exact}"
    return f", at a test accuracy of {assigned} in place of {exact}"


def _less(percent: float) -> str:
    return f"{abs(percent):.1f} % {'less' if percent >= 0 else 'more'}"
