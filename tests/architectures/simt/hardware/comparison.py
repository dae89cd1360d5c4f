"""Compares what a unit did with what the simulator does."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.simt.isa import POST_LATENCY, decode
from hawx_hw.architectures.simt.simulator import Outcome
from tests.architectures.simt.hardware.observer import Observer
from tests.architectures.simt.hardware.simulation import Run

__all__ = ["STILL", "difference"]

#: Cycles after a trap, or after the last walk that was under way, in which words are stored.
STILL = POST_LATENCY + 1


def difference(run: Run, outcome: Outcome, observer: Observer) -> str | None:
    """The first difference, in words; None where there is none."""
    return _control(run, outcome) or _data(run, outcome, observer)


def _control(run: Run, outcome: Outcome) -> str | None:
    expected = tuple((each.cycle, each.warp, each.pc) for each in outcome.retirements)
    if run.retired != expected:
        pairs = zip(run.retired, expected, strict=False)
        at = next((n for n, pair in enumerate(pairs) if pair[0] != pair[1]), None)
        if at is None:
            at = min(len(run.retired), len(expected))
        return f"retirement {at}: {run.retired[at : at + 2]}, not {expected[at : at + 2]}"
    trap = outcome.trap
    required = trap and (int(trap.cause), trap.warp, trap.pc, trap.value, trap.cycle)
    if run.trap != required:
        return f"trap {run.trap}, not {required}"
    if trap is None:
        last = outcome.cycles - 1
        for name, value, right in (
            ("cycles", run.cycles, outcome.cycles),
            ("done", run.done, last),
            ("released", run.released, outcome.released),
            ("layers", run.layers, _layers(outcome)),
        ):
            if value != right:
                return f"{name} {value}, not {right}"
    elif run.done is not None or run.released is None:
        return f"after a trap: done {run.done}, released {run.released}"
    elif run.cycles != outcome.cycles + STILL:
        return f"cycles {run.cycles} with those after a trap, not {outcome.cycles + STILL}"
    return None


def _layers(outcome: Outcome) -> tuple[tuple[int, int], ...]:
    """Cycle of the end of each layer, and its number: that of the barrier that began it."""
    ends: list[tuple[int, int]] = []
    number, arrived = 0, 0
    opened = -1
    for each in outcome.retirements:
        instruction = decode(each.word)
        if instruction.mnemonic == "BAR":
            if each.cycle != opened:
                ends.append((each.cycle, number))
                opened = each.cycle
            arrived = instruction.imm
            number = arrived
    last = outcome.cycles - 1
    if not ends or ends[-1][0] != last:
        ends.append((last, number))
    return tuple(ends)


def _data(run: Run, outcome: Outcome, observer: Observer) -> str | None:
    if observer.races:
        return None
    for name in ("activations", "result"):
        value, right = getattr(run, name), getattr(outcome.memories, name)
        if not np.array_equal(value, right):
            word = int(np.argwhere(value != right)[0][0])
            return f"{name} word {word}: {value[word].tolist()}, not {right[word].tolist()}"
    undefined = observer.undefined
    for warp in outcome.warps:
        own = run.scalars[warp.number].tolist()
        if own != warp.scalars:
            return f"scalars of warp {warp.number}: {own}, not {warp.scalars}"
        for name, values, rights in (
            ("p", run.predicates, warp.predicates),
            ("v", run.registers, warp.registers),
        ):
            for number, right in enumerate(rights):
                if (warp.number, name, number) in undefined:
                    continue
                value = values[warp.number][number]
                if not np.array_equal(value, right):
                    return (
                        f"{name}{number} of warp {warp.number}: {value.astype(int).tolist()}, "
                        f"not {right.astype(int).tolist()}"
                    )
    return None
