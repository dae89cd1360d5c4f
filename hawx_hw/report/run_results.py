"""The typed results of a run's stages, read from the build folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hawx_hw.compensation.result import AssignResult
    from hawx_hw.design.program import EmitResult
    from hawx_hw.flows.result import FlowResult
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

__all__ = ["RunResults", "load_results"]

#: Keys of the results that are long and not for a summary.
_LEFT_OUT = {
    "accelerator": {"variants"},
    "assign": {"compensation"},
    "emit": {"sources", "memories", "cycles"},
    "synth": {"keys", "modules", "cells_by_kind", "memories"},
    "power": {"modules", "holders", "memories"},
    "references": {"designs"},
}


@dataclass(frozen=True)
class RunResults:
    """The results of a run's stages.

    A result is None where its stage was not in the run.

    Parameters
    ----------
    folder : Path
        The build folder.
    stages : tuple of str
        Those of the run, in their order.
    quantize : QuantizeResult or None
    accelerator : AcceleratorResult or None
    profile : ProfileFile or None
    search : SearchFile or None
        With its retrained designs, where ``retrain`` is a stage of the run, too.
    retrain : RetrainResult or None
    index : int or None
        The point of the search's front that was picked; None without a search.
    assign : AssignResult or None
    predict : PredictResult or None
    emit : EmitResult or None
    verify : VerifyResult or None
    synth : SynthResult or None
    power : PowerResult or None
    references : ReferencesResult or None
    flows : mapping of str to FlowResult
        Of flows that ran on this accelerator, by their folders' names.
    """

    folder: Path
    stages: tuple[str, ...]
    quantize: QuantizeResult | None = None
    accelerator: AcceleratorResult | None = None
    profile: ProfileFile | None = None
    search: SearchFile | None = None
    retrain: RetrainResult | None = None
    index: int | None = None
    assign: AssignResult | None = None
    predict: PredictResult | None = None
    emit: EmitResult | None = None
    verify: VerifyResult | None = None
    synth: SynthResult | None = None
    power: PowerResult | None = None
    references: ReferencesResult | None = None
    flows: Mapping[str, FlowResult] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, by stage; long lists are left out: they are in the files."""
        content: dict[str, Any] = {}
        for stage in self.stages:
            values = {"index": self.index} if stage == "pick" else getattr(self, stage).as_dict()
            left_out = _LEFT_OUT.get(stage, set())
            content[stage] = {key: value for key, value in values.items() if key not in left_out}
        if self.flows:
            content["flows"] = {name: flow.as_dict() for name, flow in self.flows.items()}
        return content


def load_results(folder: Path, stages: tuple[str, ...]) -> RunResults:
    """Read the results of some stages.

    Parameters
    ----------
    folder : Path
        The build folder.
    stages : tuple of str

    Raises
    ------
    UserError
        A file is missing, damaged or of another schema.
    """
    read = {stage: _READERS[stage](folder) for stage in stages}
    if "search" in read and "retrain" in read:
        # A retrain.json of no stage of the run may be of another search.
        read["search"] = _with_retrained(read["search"], read["retrain"])
    if "pick" in read:
        read["index"] = read.pop("pick")
    if "emit" in read:
        read["flows"] = _flows(folder)
    return RunResults(folder, stages, **read)


# Each reader imports its own model: a run of few stages need not wait for the libraries of all.


def _quantize(folder: Path) -> QuantizeResult:
    from hawx_hw.quantize.result import QuantizeResult

    return QuantizeResult.read(folder)


def _accelerator(folder: Path) -> AcceleratorResult:
    from hawx_hw.prediction.choice_result import AcceleratorResult

    return AcceleratorResult.read(folder)


def _profile(folder: Path) -> ProfileFile:
    from hawx_hw.scores.profiling import ProfileFile

    return ProfileFile.read(folder)


def _search(folder: Path) -> SearchFile:
    from hawx_hw.search.result import SearchFile

    return SearchFile.read(folder)


def _with_retrained(result: SearchFile, trained: RetrainResult) -> SearchFile:
    from hawx_hw.search.result import SearchFile
    from hawx_hw.search.retrained import with_retrained

    if result.search is None:
        return result
    return SearchFile(search=with_retrained(result.search, trained))


def _retrain(folder: Path) -> RetrainResult:
    from hawx_hw.retraining.result import RetrainResult

    return RetrainResult.read(folder)


def _pick(folder: Path) -> int | None:
    from hawx_hw.design.design import read_origin

    return read_origin(folder / "design.json")


def _assign(folder: Path) -> AssignResult:
    from hawx_hw.compensation.result import AssignResult

    return AssignResult.read(folder)


def _predict(folder: Path) -> PredictResult:
    from hawx_hw.prediction.result import PredictResult

    return PredictResult.read(folder)


def _emit(folder: Path) -> EmitResult:
    from hawx_hw.design.program import EmitResult

    return EmitResult.read(folder)


def _verify(folder: Path) -> VerifyResult:
    from hawx_hw.verification.result import VerifyResult

    return VerifyResult.read(folder)


def _synth(folder: Path) -> SynthResult:
    from hawx_hw.synthesis.result import SynthResult

    return SynthResult.read(folder)


def _power(folder: Path) -> PowerResult:
    from hawx_hw.power.result import PowerResult

    return PowerResult.read(folder)


def _references(folder: Path) -> ReferencesResult:
    from hawx_hw.power.references import ReferencesResult

    return ReferencesResult.read(folder)


def _flows(folder: Path) -> dict[str, FlowResult]:
    if not (folder / "flows").is_dir():
        return {}
    from hawx_hw.design.sources import accelerator_digest
    from hawx_hw.flows.result import flow_results

    return flow_results(folder, accelerator_digest(folder))


_READERS: dict[str, Any] = {
    "quantize": _quantize,
    "accelerator": _accelerator,
    "profile": _profile,
    "search": _search,
    "retrain": _retrain,
    "pick": _pick,
    "assign": _assign,
    "predict": _predict,
    "emit": _emit,
    "verify": _verify,
    "synth": _synth,
    "power": _power,
    "references": _references,
}
