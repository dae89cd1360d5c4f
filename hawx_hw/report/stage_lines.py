"""What a stage came to in a few words, for the line that it leaves behind in a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError
from hawx_hw.report.run_results import load_results

if TYPE_CHECKING:
    from hawx_hw.compensation.result import AssignResult
    from hawx_hw.design.program import EmitResult
    from hawx_hw.power.references import ReferencesResult
    from hawx_hw.power.result import PowerResult
    from hawx_hw.prediction.choice_result import AcceleratorResult
    from hawx_hw.prediction.result import PredictResult
    from hawx_hw.quantize.result import QuantizeResult
    from hawx_hw.retraining.result import RetrainResult
    from hawx_hw.scores.profiling import ProfileFile
    from hawx_hw.search.result import SearchFile
    from hawx_hw.synthesis.result import SynthResult
    from hawx_hw.verification.result import VerifyResult

__all__ = ["stage_line"]


def stage_line(stage: str, folder: Path) -> str:
    """The result of a stage in a few words; empty where it has none that can be read.

    Parameters
    ----------
    stage : str
    folder : Path
        The build folder.
    """
    try:
        results = load_results(folder, (stage,))
    except (UserError, KeyError):
        # Whoever needs the result reports what is wrong with it.
        return ""
    if stage == "pick":
        return _pick(results.index)
    return _LINES[stage](getattr(results, stage))


def _quantize(result: QuantizeResult) -> str:
    accuracy = result.accuracy
    return f"float {_percent(accuracy.in_float)}, int8 {_percent(accuracy.int8)}"


def _accelerator(result: AcceleratorResult) -> str:
    choice = result.accelerator
    if not choice.considered:
        return "as the config gives it"
    best = choice.considered[0]
    numbers = ", ".join(f"{key} {best.numbers[key]}" for key in choice.chosen)
    return f"{best.size}: {numbers}"


def _profile(result: ProfileFile) -> str:
    if result.profile is None:
        return "no search"
    return f"{result.profile.units:,} units, {len(result.profile.blocks)} blocks"


def _search(result: SearchFile) -> str:
    if result.search is None:
        return "no search"
    return f"{len(result.search.front)} designs on the front, {result.search.evaluations} evaluated"


def _retrain(result: RetrainResult) -> str:
    if not result.designs:
        return "no retraining"
    texts = []
    for design in result.designs:
        seen = design.select or design.test
        what = "" if design.index is None else f"design {design.index}: "
        texts.append(f"{what}{_percent(seen.before)} to {_percent(seen.after)}")
    return ", ".join(texts)


def _pick(index: int | None) -> str:
    return "blocks of the config" if index is None else f"design {index}"


def _assign(result: AssignResult) -> str:
    if result.accuracy is None:
        return "exact blocks"
    return f"{_percent(result.accuracy.assigned)} with the blocks"


def _predict(result: PredictResult) -> str:
    if result.prediction is None:
        return "no prediction"
    area, energy = result.prediction.area.value, result.prediction.energy_pj.value / 1000
    return f"{area:,.0f} um2, {energy:,.1f} nJ an image"


def _emit(result: EmitResult) -> str:
    return f"{result.title}, {result.parameter_bytes:,} bytes of parameters"


def _verify(result: VerifyResult) -> str:
    cycles = result.cycles_per_image
    return (result.failure or f"{result.images:,} images bit for bit") + (
        "" if cycles is None else f", {cycles:,} cycles"
    )


def _synth(result: SynthResult) -> str:
    return f"{result.area:,.0f} um2, {result.timing.longest_path_ns:.2f} ns"


def _power(result: PowerResult) -> str:
    return f"{result.power_uw / 1000:.2f} mW, {result.energy_pj / 1000:,.1f} nJ an image"


def _references(result: ReferencesResult) -> str:
    designs = (f"{each.what} {each.power.energy_pj / 1000:,.1f} nJ" for each in result.designs)
    return ", ".join(designs) or "none"


#: By the stage, from its result.
_LINES: Mapping[str, Callable[[Any], str]] = {
    "quantize": _quantize,
    "accelerator": _accelerator,
    "profile": _profile,
    "search": _search,
    "retrain": _retrain,
    "assign": _assign,
    "predict": _predict,
    "emit": _emit,
    "verify": _verify,
    "synth": _synth,
    "power": _power,
    "references": _references,
}


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
