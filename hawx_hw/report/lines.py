"""The lines of a summary: what each stage's result comes to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.compensation.result import AssignResult
    from hawx_hw.design.program import EmitResult
    from hawx_hw.flows.result import FlowResult
    from hawx_hw.power.result import ClockTree, PowerResult
    from hawx_hw.prediction.choice_result import AcceleratorChoice, AcceleratorResult
    from hawx_hw.prediction.prediction import Interval, Prediction
    from hawx_hw.prediction.result import PredictResult
    from hawx_hw.quantize.result import QuantizeResult
    from hawx_hw.report.chosen import ChosenDesign
    from hawx_hw.retraining.result import RetrainResult
    from hawx_hw.scores.profiling import ProfileFile
    from hawx_hw.search.pick import AccuracyBound
    from hawx_hw.search.result import SearchFile
    from hawx_hw.synthesis.result import SynthResult, Timing
    from hawx_hw.verification.result import VerifyResult

__all__ = [
    "Line",
    "accelerator_lines",
    "assign_lines",
    "basis_lines",
    "bound_lines",
    "checks_passed",
    "emit_lines",
    "flow_line",
    "pick_lines",
    "power_lines",
    "predict_lines",
    "profile_lines",
    "quantize_lines",
    "retrain_lines",
    "search_lines",
    "synth_lines",
    "verify_lines",
]

#: A name and a text.
Line = tuple[str, str]

#: Features of a design that a caution lists.
_FEATURES = 3
#: How an undecided design was chosen.
_SAFEST = ". The design is the cheapest of those whose estimates are about the safest"


def quantize_lines(result: QuantizeResult) -> list[Line]:
    """Accuracy of the float and of the integer network."""
    accuracy, dataset = result.accuracy, result.dataset
    images = f"on {accuracy.images:,} test images of {dataset.name}"
    lines = [
        ("accuracy, float network", f"{_percent(accuracy.in_float)} {images}"),
        ("accuracy, int8 network", f"{_percent(accuracy.int8)} {images}"),
    ]
    parts = result.roles
    learned = "left out of training" if parts.unseen else "which the network may have learned from"
    select = f"{parts.select:,} select the design, {learned}" if parts.select else "none selects"
    learn = f"{parts.learn:,} to learn from and to search with"
    lines.append(("images", f"{learn}; {select}; {parts.test:,} test"))
    notes = [("note", note) for note in (dataset.note, parts.note) if note]
    return [*lines, *_guessing(result), *notes]


def _guessing(result: QuantizeResult) -> list[Line]:
    """A caution where the float network itself is hardly better than chance."""
    accuracy, chance = result.accuracy.in_float, 1 / result.dataset.classes
    if accuracy > min(2 * chance, (1 + chance) / 2):
        return []
    return [
        (
            "caution",
            f"the float network is right in {_percent(accuracy)}, and chance alone in "
            f"{_percent(chance)}: it may be trained on pixels of another scale or order "
            "(network.preprocess), or on other classes. hawx inspect looks for the culprit",
        )
    ]


def accelerator_lines(result: AcceleratorResult) -> list[Line]:
    """What was chosen for the keys that the config leaves out, and why; nothing otherwise."""
    choices = result.variants or (result.accelerator,)
    return [("chosen for the network", _choice(each)) for each in choices if each.considered]


def _choice(choice: AcceleratorChoice) -> str:
    best, *others = choice.considered
    numbers = ", ".join(f"{key} {best.numbers[key]}" for key in choice.chosen)
    what = "energy x delay as predicted"
    if choice.basis == "memories":
        what = f"energy of the memories x cycles, without a prediction: {choice.reason}"
    next_best = ""
    if others:
        more = 100 * (min(each.product for each in others) / best.product - 1)
        next_best = f"; the next one has {more:+.1f} %"
    return (
        f"{numbers}: of {choice.candidates:,} accelerators the least {what} with exact blocks "
        f"({best.cycles:,} cycles, {best.energy_nj:,.0f} nJ{next_best})"
    )


def profile_lines(result: ProfileFile) -> list[Line]:
    """Size of the profile; nothing without a search."""
    profile = result.profile
    if profile is None:
        return []
    return [
        (
            "hawx scores",
            f"{profile.units:,} units under {len(profile.blocks)} blocks each, from "
            f"{profile.images:,} training images",
        )
    ]


def search_lines(result: SearchFile) -> list[Line]:
    """Size of the front and of the search; nothing without a search."""
    search = result.search
    if search is None:
        return []
    lines = [
        (
            "search",
            f"{len(search.front)} designs on the Pareto front; {search.evaluations} assignments "
            f"evaluated on {search.images:,} training images (algorithm {search.algorithm})",
        )
    ]
    race = search.race
    if race is not None and race.images:
        lines.append(
            (
                "race",
                f"{race.started} assignments on up to {race.images:,} further training images; "
                f"clearly worse than others: {race.started - race.finished}",
            )
        )
    elif race is not None:
        lines.append(("race", "none: too few training images are left that no search saw"))
    return lines


def pick_lines(index: int | None) -> list[Line]:
    """The design that is built; nothing without a search."""
    if index is None:
        return []
    return [
        (
            "chosen design",
            f"number {index} of the search (list the designs: hawx search; build another one: hawx "
            "run --index)",
        )
    ]


def bound_lines(bound: AccuracyBound | None, *, numbered: bool = False) -> list[Line]:
    """What is known of the accuracy drop on new images; nothing without images that select.

    Parameters
    ----------
    bound : AccuracyBound or None
    numbered : bool
        Whether the design was chosen by its number, and not by the constraints.
    """
    if bound is None:
        return []
    name = "accuracy drop on new images"
    if not bound.finalists:
        return [(name, "none: the design is exact")]
    estimated = ""
    if bound.estimated is not None:
        estimated = f" (estimated {bound.estimated:z.2f}, corrected for the choice of the best)"
    basis = (
        f"{bound.drop:z.2f} points on {bound.images:,} images that no search saw{estimated}; "
        f"{_upper(bound, numbered=numbered)}"
    )
    if bound.holds:
        return [(name, basis)]
    if bound.drop > bound.most:
        text = f"the drop on these images is more than the constraint, {bound.most:g}"
        return [(name, basis), ("caution", text)]
    needed = (
        f"about {bound.images_needed:,} would show it if the drop is as observed"
        if bound.images_needed
        else "no number of images would show it if the drop is as observed"
    )
    return [
        (name, basis),
        (
            "caution",
            f"undecided: these images cannot show that the drop is at most {bound.most:g}; "
            f"{needed}{'' if numbered else _SAFEST}",
        ),
    ]


def _upper(bound: AccuracyBound, *, numbered: bool) -> str:
    """What the images that select show.

    Of finalists that were tested together the constraint is what holds with the confidence; the
    bound of the one that was chosen because it passed is one at its own share of the error.
    """
    sure = f"{100 * bound.confidence:g} % confidence"
    if numbered:
        return (
            f"at most {bound.upper:z.2f} with {sure} by these images alone, as one of "
            f"{bound.finalists} designs that may be chosen"
        )
    share = f"upper bound {bound.upper:z.2f} as one of {bound.finalists} finalists"
    if bound.holds:
        return f"at most {bound.most:g} with {sure} by these images alone ({share})"
    return f"by these images alone, {share} that share {sure}"


def basis_lines(design: ChosenDesign | None, unseen: bool | None) -> list[Line]:
    """What the choice rests on, where that is not what new images would show.

    Parameters
    ----------
    design : ChosenDesign or None
        None: none was chosen.
    unseen : bool or None
        Whether the network is known not to have learned from the images that select; None: the
        run did not look.
    """
    if design is None or design.exact:
        return []
    if design.designs[0].interval is None:
        return [
            (
                "caution",
                f"no image selects: the design was chosen by the {design.images:,} images of the "
                "search, where the best of many designs is also the luckiest, so that it may lose "
                "more on new images, and no bound is known. Name others: network.validation",
            )
        ]
    if unseen is False:
        return [
            (
                "caution",
                "the network may have learned from the images that select, and then neither drop "
                "nor bound is that of new images. Name images that it has not seen: "
                "network.validation",
            )
        ]
    return []


def assign_lines(result: AssignResult) -> list[Line]:
    """Accuracy with the assigned blocks; nothing where all are exact."""
    accuracy = result.accuracy
    if accuracy is None:
        return []
    others = [f"{_percent(accuracy.uncompensated)} without compensation"]
    if accuracy.compensated is not None:
        others.insert(0, f"{_percent(accuracy.compensated)} before retraining")
    if accuracy.searched is not None:
        others.append(f"{_percent(accuracy.searched)} as the search evaluated it")
    return [("accuracy, assigned blocks", f"{_percent(accuracy.assigned)} ({', '.join(others)})")]


def retrain_lines(result: RetrainResult, built: int | None) -> list[Line]:
    """Accuracies before and after retraining; nothing where nothing was retrained.

    Parameters
    ----------
    result : RetrainResult
    built : int or None
        The number of the design that is built; None without a search.
    """
    settings = result.settings
    if settings is None:
        return []
    known = [
        (
            "retraining",
            f"{settings.epochs} epoch{'' if settings.epochs == 1 else 's'} on "
            f"{settings.images:,} images, gradient {settings.gradient}"
            f"{', with distillation' if settings.distillation else ''}",
        )
    ]
    for design in result.designs:
        seen = design.select or design.test
        what = "retrained" if design.index is None else f"design {design.index}, retrained"
        known.append(
            (
                what,
                f"{_percent(seen.after)}; before {_percent(seen.before)}, with exact blocks "
                f"{_percent(seen.exact)}, on {seen.images:,} "
                f"{'test images' if design.select is None else 'images that select'}",
            )
        )
        if design.number == built and seen.after < seen.before:
            known.append(
                (
                    "caution",
                    "retraining made the network less accurate. Try a lower learning_rate, more "
                    "epochs, another gradient, or distillation, under training",
                )
            )
    return known


def predict_lines(result: PredictResult, *, compared: bool) -> list[Line]:
    """The prediction, where no table compares it with measurements, and its validity."""
    prediction = result.prediction
    if prediction is None:
        return [("prediction", f"none: {result.reason}")]
    lines = [] if compared else [("prediction", _prediction_text(result, prediction))]
    if prediction.outside:
        features = "; ".join(str(each) for each in prediction.outside[:_FEATURES])
        others = len(prediction.outside) - _FEATURES
        features += f"; and {others} more in predict.json" if others > 0 else ""
        lines.append(
            (
                "caution",
                "the design is outside the range that the predictors were trained on: "
                f"{features}. The intervals are widened, but unproven there: measure with hawx "
                "synth and hawx power, or train predictors on designs like this one (hawx "
                "characterize-designs)",
            )
        )
    return lines


def emit_lines(result: EmitResult) -> list[Line]:
    """The accelerator and its blocks."""
    place = "loaded over the bus" if result.loadable else "built in"
    blocks = (
        f"{block.name} ({block.implementation}) in {block.instances:,} "
        f"{result.cell}{'' if block.instances == 1 else 's'}"
        for block in result.blocks
    )
    return [
        (
            "accelerator",
            f"{result.title}; {result.parameter_bytes:,} bytes of parameters, {place}",
        ),
        ("blocks", ", ".join(blocks)),
    ]


def verify_lines(result: VerifyResult) -> list[Line]:
    """Cycles, utilization and the verdict of the simulation."""
    measured, predicted = result.cycles_per_image, result.cycles_predicted
    model = (
        "exactly as the cycle model predicts"
        if measured == predicted
        else f"the cycle model predicts {predicted:,}"
    )
    verdict = result.failure or f"{result.images:,} images bit-exact"
    cycles = "none measured" if measured is None else f"{measured:,}"
    return [
        ("cycles per image", f"{cycles}, {model}"),
        ("utilization", f"{_share(result.utilization)} of all multiplier-cycles do useful work"),
        ("verification", f"{verdict} (simulated with {result.simulator})"),
    ]


def synth_lines(result: SynthResult) -> list[Line]:
    """Cells, area and longest path."""
    timing = result.timing
    return [
        (
            "cells",
            f"{result.cells:,} of {result.technology.name}, {result.sequential_cells:,} of them "
            "sequential",
        ),
        (
            "area",
            f"{result.area:,.0f} um2 of cells, {result.sequential_area:,.0f} um2 of them "
            f"sequential; the {result.memory_bits:,} bits of memory come on top",
        ),
        (
            "longest path",
            f"{timing.longest_path_ns:.2f} ns without wires, ends in {timing.module}"
            f"{_wires(timing)}",
        ),
    ]


def _wires(timing: Timing) -> str:
    models = ((timing.with_wires, "estimated"), (timing.with_measured_wires, "as in layouts"))
    return "".join(
        f"; about {each.longest_path_ns:.2f} ns with wires, {how}" for each, how in models if each
    )


def power_lines(result: PowerResult) -> list[Line]:
    """Power and energy of an image."""
    shares = ", ".join(
        f"{kind} {100 * value / result.power_uw:.0f} %"
        for kind, value in (
            ("clock", result.clock_uw),
            ("internal", result.internal_uw),
            ("switching", result.switching_uw),
            ("glitches", result.glitch_uw),
            ("memory", result.memory_uw),
            ("leakage", result.leakage_uw),
        )
    )
    return [
        (
            "power",
            f"{result.power_uw / 1000:.2f} mW ({shares})",
        ),
        ("clock", f"{result.clock_mhz:g} MHz, {result.clock}"),
        ("clocked", _clocked(result.clock_tree)),
        (
            "energy per image",
            f"{result.energy_pj / 1e6:.3f} uJ in {result.cycles:,} cycles (mean of "
            f"{result.images:,} images), memory model {result.memory_model}",
        ),
        *_counted_wires(result),
        *_glitches(result),
        *_range_of_models(result),
    ]


def _counted_wires(result: PowerResult) -> list[Line]:
    """Which wires count, and how sure their lengths are."""
    wires = result.wires
    if wires is None:
        return []
    error = "" if wires.error is None else f", off by {100 * wires.error:.0f} % for a layout"
    share = 100 * wires.capacitance_ff / wires.pins_ff
    return [
        (
            "wires",
            f"{wires.capacitance_ff / 1000:,.1f} pF, {share:.0f} % of what the pins have; "
            f"{wires.kind}: {wires.model}{error}",
        )
    ]


def flow_line(name: str, result: FlowResult) -> Line:
    """What a flow came to.

    Parameters
    ----------
    name : str
        Of its folder.
    result : FlowResult
    """
    report = result.report
    # The thing itself needs no word.
    worth = [] if result.standing == "real" else [result.worth]
    parts = [
        report.target,
        *worth,
        *(
            f"{each.name} {each.required_mhz:g} MHz required, {each.observed}"
            for each in report.clocks
        ),
    ]
    parts += [
        f"{resource.kind} {resource.used:,}"
        + (f" of {resource.available:,}" if resource.available else "")
        for resource in report.resources
    ]
    if report.area_um2 is not None:
        parts.append(f"{report.area_um2:,.0f} um2")
    failures = result.failures
    parts.append(f"FAILED: {'; '.join(failures)}" if failures else checks_passed(result))
    return f"flow {name}", ", ".join(parts)


def checks_passed(result: FlowResult) -> str:
    """How many checks a flow has passed that failed none."""
    checks = len(result.report.checks)
    return f"{checks} checks passed" if checks != 1 else "1 check passed"


def _glitches(result: PowerResult) -> list[Line]:
    """What glitches add, and how well that is known."""
    glitches = result.glitches
    if glitches is None:
        return [("glitches", "not counted")]
    added, error = (
        100 * value / glitches.settled_pj
        for value in (glitches.glitch_pj, glitches.standard_error_pj)
    )
    return [
        (
            "glitches",
            f"+{added:.1f} % of the energy of cells without clock (standard error {error:.1f} %; "
            f"{glitches.cycles:,} of {result.cycles:,} cycles with delays)",
        )
    ]


def _clocked(tree: ClockTree) -> str:
    gates, gated, free = (
        sum(getattr(module, key) for module in tree.modules.values())
        for key in ("clock_gates", "gated", "free")
    )
    behind = f", {gated:,} of them behind {gates:,} clock gates" if gates else ""
    buffers = (
        f"; a clock tree would take {tree.estimated_uw / 1000:.2f} mW besides (estimate: "
        f"{tree.buffers:,} buffers, no wires)"
        if tree.buffer
        else ""
    )
    return f"{gated + free:,} flip-flops{behind}{buffers}"


def _range_of_models(result: PowerResult) -> list[Line]:
    """The energy of an image under each memory model, where there are several."""
    energies = {name: each.energy_pj / 1e6 for name, each in result.memory_models.items()}
    if len(energies) < 2:
        return []
    ascending = sorted(energies.items(), key=lambda item: item[1])
    each = ", ".join(f"{name} {energy:.3f}" for name, energy in ascending)
    return [
        (
            "energy by memory model",
            f"{min(energies.values()):.3f} to {max(energies.values()):.3f} uJ per image ({each})",
        )
    ]


def _prediction_text(result: PredictResult, prediction: Prediction) -> str:
    return (
        f"{_within(prediction.area, 1, 'um2')}, {_within(prediction.power_uw, 1e3, 'mW')} at "
        f"{prediction.clock_mhz:g} MHz, {_within(prediction.energy_pj, 1e6, 'uJ')} per image "
        f"(memory model {result.technology.memory_model}), up to "
        f"{_within(prediction.fmax_mhz, 1, 'MHz')}; {prediction.cycles:,} cycles, "
        f"{prediction.latency_us:.1f} us"
    )


def _within(interval: Interval, unit: float, name: str) -> str:
    value, low, high = (each / unit for each in (interval.value, interval.low, interval.high))
    return f"{value:,.4g} {name} ({low:,.4g} to {high:,.4g})"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"
