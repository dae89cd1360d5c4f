from dataclasses import replace

import pytest

from hawx_hw.compensation.result import AssignResult
from hawx_hw.flows.result import Check, Clock, FlowReport, FlowResult, Resource
from hawx_hw.power.result import CountedWires
from hawx_hw.report import lines
from hawx_hw.report.chosen import chosen_design
from hawx_hw.scores.profiling import ProfileFile
from hawx_hw.search.bound import Paired
from hawx_hw.search.pick import AccuracyBound
from hawx_hw.search.result import DropEstimate, Race, SearchFile
from hawx_hw.synthesis.result import WiresTiming
from tests.report import samples
from tests.search.small import design_point, search_result


def test_accuracy_of_the_network() -> None:
    assert lines.quantize_lines(samples.QUANTIZE) == [
        ("accuracy, float network", "99.31 % on 10,000 test images of mnist"),
        ("accuracy, int8 network", "99.28 % on 10,000 test images of mnist"),
        (
            "images",
            "50,004 to learn from and to search with; 9,996 select the design, left out of "
            "training; 10,000 test",
        ),
        ("note", "Only a part is at hand."),
    ]
    parts = samples.QUANTIZE.roles.model_copy(update={"unseen": False})
    unknown = samples.QUANTIZE.model_copy(update={"roles": parts})
    assert "which the network may have learned from" in lines.quantize_lines(unknown)[2][1]
    parts = samples.QUANTIZE.roles.model_copy(update={"select": 0})
    nothing = samples.QUANTIZE.model_copy(update={"roles": parts})
    assert "; none selects; " in lines.quantize_lines(nothing)[2][1]
    note = "No image that selects is of class 3."
    parts = samples.QUANTIZE.roles.model_copy(update={"note": note})
    doubtful = samples.QUANTIZE.model_copy(update={"roles": parts})
    assert lines.quantize_lines(doubtful)[4:] == [("note", note)]


def test_what_is_known_of_the_accuracy_drop() -> None:
    name = "accuracy drop on new images"
    assert lines.bound_lines(None) == []
    exact = AccuracyBound(0.0, 0.0, 0.5, 0.95, 285, 0, True)
    assert lines.bound_lines(exact) == [(name, "none: the design is exact")]
    bound = AccuracyBound(0.2, 0.41, 0.5, 0.95, 9996, 7, True)
    assert lines.bound_lines(bound) == [
        (
            name,
            "0.20 points on 9,996 images that no search saw; at most 0.5 with 95 % confidence by "
            "these images alone (upper bound 0.41 as one of 7 finalists)",
        )
    ]
    ((_, text),) = lines.bound_lines(replace(bound, estimated=0.234))
    assert "saw (estimated 0.23, corrected for the choice of the best); at most 0.5 with" in text
    undecided = replace(bound, upper=0.61, holds=False, images_needed=24_000)
    ((_, known), (caution, text)) = lines.bound_lines(undecided)
    assert (
        "; by these images alone, upper bound 0.61 as one of 7 finalists that share 95 % conf"
        in known
    )
    assert "at most" not in known, "it is not shown"
    assert caution == "caution"
    assert "cannot show that the drop is at most 0.5; about 24,000 would show it" in text
    numbered = lines.bound_lines(undecided, numbered=True)
    assert "at most 0.61 with 95 % confidence" in numbered[0][1]
    assert "as one of 7 designs that may be chosen" in numbered[0][1]
    assert "about the safest" in text and "about the safest" not in numbered[1][1]
    (_, (_, text)) = lines.bound_lines(replace(undecided, images_needed=None))
    assert "no number of images would show it" in text
    (_, (_, text)) = lines.bound_lines(replace(undecided, drop=0.7, images_needed=None))
    assert text == "the drop on these images is more than the constraint, 0.5"


def test_what_the_choice_rests_on() -> None:
    def cautions(*paired: Paired, unseen: bool | None, blocks: tuple[str, ...] = ("a",)) -> str:
        point = design_point((1, 1), 0.25, {"energy_nj": 75.0}, blocks)
        if paired:
            point = replace(point, selection=paired[0], estimate=DropEstimate(0.3, 0.0, 0.6))
        result = search_result((point,), select_images=sum(each.images for each in paired))
        lines_of = lines.basis_lines(chosen_design(result, 0), unseen)
        assert all(name == "caution" for name, _ in lines_of)
        return "".join(text for _, text in lines_of)

    new = Paired(900, 2, 1)
    assert cautions(new, unseen=True) == cautions(new, unseen=None) == ""
    assert cautions(new, unseen=False).startswith("the network may have learned from the images")
    assert cautions(unseen=True).startswith("no image selects: the design was chosen by the 100 im")
    # Exact blocks lose nothing, whatever was looked at.
    assert cautions(unseen=False, blocks=()) == cautions(new, unseen=False, blocks=()) == ""
    assert lines.basis_lines(None, False) == []


def test_accuracy_with_blocks() -> None:
    assert lines.assign_lines(samples.ASSIGN) == [
        (
            "accuracy, assigned blocks",
            "98.50 % (90.00 % without compensation, 98.00 % as the search evaluated it)",
        )
    ]
    exact = AssignResult(exact=True, accuracy=None, compensation=(), training=None)
    assert lines.assign_lines(exact) == []


def test_accuracy_before_and_after_retraining() -> None:
    accuracy = samples.ASSIGN.accuracy.model_copy(update={"compensated": 0.95})
    ((_, text),) = lines.assign_lines(samples.ASSIGN.model_copy(update={"accuracy": accuracy}))
    assert text.startswith("98.50 % (95.00 % before retraining, 90.00 % without compensation, ")
    assert lines.retrain_lines(samples.NO_RETRAINING, None) == []
    settings, known = lines.retrain_lines(samples.RETRAIN, None)
    assert settings == (
        "retraining", "5 epochs on 45,000 images, gradient gain, with distillation"
    )  # fmt: skip
    assert known == (
        "retrained",
        "97.50 %; before 90.00 %, with exact blocks 99.00 %, on 5,000 images that select",
    )


def test_a_retraining_that_made_things_worse_is_a_caution() -> None:
    (design,) = samples.RETRAIN.designs
    worse = design.select.model_copy(update={"after": 0.89})
    numbered = design.model_copy(update={"select": worse, "test": worse, "index": 2, "number": 7})
    result = samples.RETRAIN.model_copy(update={"designs": (numbered,)})
    names = [name for name, _ in lines.retrain_lines(result, 7)]
    assert names == ["retraining", "design 2, retrained", "caution"]
    # Of another design that is built it is of no interest.
    assert "caution" not in dict(lines.retrain_lines(result, 3))
    # Without images that select, those for test are shown.
    blind = numbered.model_copy(update={"select": None})
    text = dict(lines.retrain_lines(result.model_copy(update={"designs": (blind,)}), 3))
    assert text["design 2, retrained"].endswith(" on 5,000 test images")


def test_choice_of_what_the_config_leaves_out() -> None:
    choice = samples.ACCELERATOR.accelerator
    text = (
        "rows 8, columns 4: of 1,234 accelerators the least energy x delay as predicted with exact "
        "blocks (1,000 cycles, 500 nJ; the next one has +10.0 %)"
    )
    assert lines.accelerator_lines(samples.ACCELERATOR) == [("chosen for the network", text)]
    # Of a search it is what may be built that counts.
    both = samples.ACCELERATOR.model_copy(update={"variants": (choice, choice)})
    assert lines.accelerator_lines(both) == 2 * [("chosen for the network", text)]
    given = choice.model_copy(update={"chosen": (), "considered": ()})
    assert lines.accelerator_lines(both.model_copy(update={"variants": (given,)})) == []
    blind = choice.model_copy(
        update={
            "basis": "memories",
            "reason": "There are none",
            "considered": choice.considered[:1],
        }
    )
    alone = samples.ACCELERATOR.model_copy(update={"accelerator": blind})
    assert lines.accelerator_lines(alone)[0][1] == (
        "rows 8, columns 4: of 1,234 accelerators the least energy of the memories x cycles, "
        "without a prediction: There are none with exact blocks (1,000 cycles, 500 nJ)"
    )


def test_accelerator_and_blocks() -> None:
    assert lines.emit_lines(samples.EMIT) == [
        ("accelerator", "8 x 4 array, 32 PEs; 64,413 bytes of parameters, built in"),
        ("blocks", "exact (tree) in 64 PEs, drum(k=4) (multiply) in 24 PEs"),
    ]
    loaded = samples.EMIT.model_copy(update={"loadable": True})
    assert lines.emit_lines(loaded)[0][1].endswith("of parameters, loaded over the bus")


def test_verification() -> None:
    assert lines.verify_lines(samples.VERIFY) == [
        ("cycles per image", "8,906, exactly as the cycle model predicts"),
        ("utilization", "73.1 % of all multiplier-cycles do useful work"),
        ("verification", "20 images bit-exact (simulated with verilator)"),
    ]


@pytest.mark.parametrize(
    ("change", "line", "text"),
    [
        ({"mismatches": 3}, 2, "3 of 40 results differ from the integer network (simulated with"),
        ({"scenarios": samples.STALLED}, 2, "scenario stalls: Image 2 took 9 cycles (simulated w"),
        ({"cycles_predicted": 8907}, 0, "8,906, the cycle model predicts 8,907"),
        ({"cycles_per_image": None}, 0, "none measured, the cycle model predicts 8,906"),
    ],
)
def test_failed_verification(change: dict[str, object], line: int, text: str) -> None:
    assert lines.verify_lines(samples.VERIFY.model_copy(update=change))[line][1].startswith(text)


def test_synthesis() -> None:
    assert lines.synth_lines(samples.SYNTH) == [
        ("cells", "57,834 of generic45, 5,129 of them sequential"),
        (
            "area",
            "83,394 um2 of cells, 23,193 um2 of them sequential; the 724,275 bits of memory come "
            "on top",
        ),
        (
            "longest path",
            "2.13 ns without wires, ends in hawx_array_slice; about 2.50 ns with wires, estimated",
        ),
    ]


def test_a_path_with_measured_wires() -> None:
    measured = WiresTiming(longest_path_ns=2.4, module="x", model="19 layouts", error=0.07)
    for estimated, text in (
        (samples.SYNTH.timing.with_wires, "; about 2.50 ns with wires, estimated"),
        (None, ""),
    ):
        timing = samples.SYNTH.timing.model_copy(
            update={"with_wires": estimated, "with_measured_wires": measured}
        )
        shown = lines.synth_lines(samples.SYNTH.model_copy(update={"timing": timing}))[-1][1]
        assert shown == (
            f"2.13 ns without wires, ends in hawx_array_slice{text}; about 2.40 ns with wires, as "
            "in layouts"
        )


def test_wires_that_count_are_stated_with_their_error() -> None:
    wires = CountedWires(
        kind="measured", model="19 layouts", capacitance_ff=50_000.0, pins_ff=200_000.0, error=0.07
    )
    shown = dict(lines.power_lines(samples.POWER.model_copy(update={"wires": wires})))
    assert shown["wires"] == (
        "50.0 pF, 25 % of what the pins have; measured: 19 layouts, off by 7 % for a layout"
    )
    assert "wires" not in dict(lines.power_lines(samples.POWER))
    table = wires.model_copy(update={"kind": "estimated", "model": "5K", "error": None})
    shown = dict(lines.power_lines(samples.POWER.model_copy(update={"wires": table})))
    assert shown["wires"].endswith("; estimated: 5K")


def test_power() -> None:
    assert lines.power_lines(samples.POWER) == [
        (
            "power",
            "10.00 mW (clock 10 %, internal 30 %, switching 20 %, glitches 10 %, memory 20 %, "
            "leakage 10 %)",
        ),
        ("clock", "500 MHz, set by the technology"),
        (
            "clocked",
            "154 flip-flops, 150 of them behind 10 clock gates; a clock tree would take 0.12 mW "
            "besides (estimate: 3 buffers, no wires)",
        ),
        (
            "energy per image",
            "0.200 uJ in 10,000 cycles (mean of 64 images), memory model published",
        ),
        (
            "glitches",
            "+25.0 % of the energy of cells without clock (standard error 0.4 %; 512 of 10,000 "
            "cycles with delays)",
        ),
        (
            "energy by memory model",
            "0.090 to 0.450 uJ per image (cacti 0.090, published 0.200, scaled 0.450)",
        ),
    ]


def test_power_without_glitches() -> None:
    result = samples.POWER.model_copy(update={"glitches": None})
    assert ("glitches", "not counted") in lines.power_lines(result)


def test_prediction() -> None:
    prediction, caution = lines.predict_lines(samples.PREDICT, compared=False)
    assert prediction[1].startswith("1e+05 um2 (9e+04 to 1.1e+05), 9.8 mW (8.82 to 10.78) at 100")
    assert " per image (memory model published), up to " in prediction[1]
    assert prediction[1].endswith("8,906 cycles, 12.3 us")
    assert caution[0] == "caution"
    assert "number of PEs: 40 (trained on 4 to 20). The intervals are widened" in caution[1]
    assert "measure with hawx synth and hawx power" in caution[1]
    assert lines.predict_lines(samples.PREDICT, compared=True) == [caution]


def test_a_caution_lists_three_features_at_most() -> None:
    assert samples.PREDICT.prediction is not None
    (one,) = samples.PREDICT.prediction.outside
    many = tuple(replace(one, meaning=f"feature {number}") for number in range(5))
    prediction = replace(samples.PREDICT.prediction, outside=many)
    result = samples.PREDICT.model_copy(update={"prediction": prediction})
    ((_, text),) = lines.predict_lines(result, compared=True)
    assert "feature 2: 40 (trained on 4 to 20); and 2 more in predict.json. The" in text
    assert "feature 3" not in text


def test_energies_of_one_memory_model_have_no_range() -> None:
    only = {"published": samples.POWER.memory_models["published"]}
    names = [name for name, _ in lines.power_lines(
        samples.POWER.model_copy(update={"memory_models": only})
    )]  # fmt: skip
    assert names == ["power", "clock", "clocked", "energy per image", "glitches"]


def test_no_prediction() -> None:
    none = samples.PREDICT.model_copy(update={"prediction": None, "reason": "There are none"})
    assert lines.predict_lines(none, compared=False) == [("prediction", "none: There are none")]


def test_search() -> None:
    result = search_result((design_point((1, 2), 0.3, {"energy_nj": 75.0}, ["a"]),))
    ((name, text),) = lines.search_lines(SearchFile(search=result))
    assert name == "search"
    assert text.startswith("1 designs on the Pareto front; ")
    assert f"{result.images:,} training images (algorithm {result.algorithm})" in text
    raced = replace(result, race=Race(started=22, finished=15, images=9_694, runs=205_914))
    (_, (name, text)) = lines.search_lines(SearchFile(search=raced))
    assert (name, text) == (
        "race",
        "22 assignments on up to 9,694 further training images; clearly worse than others: 7",
    )
    none = replace(result, race=Race(started=22, finished=22, images=0, runs=0))
    (_, (name, text)) = lines.search_lines(SearchFile(search=none))
    assert (name, text.partition(":")[0]) == ("race", "none")
    ((name, text),) = lines.pick_lines(3)
    assert text.startswith("number 3 of the search")


def test_nothing_without_a_search() -> None:
    assert lines.profile_lines(ProfileFile(profile=None)) == []
    assert lines.search_lines(SearchFile(search=None)) == []
    assert lines.pick_lines(None) == []


def test_what_a_flow_came_to() -> None:
    clock = Clock(name="clk", required_mhz=90.0, achieved_mhz=97.12, hold_slack_ns=0.1)
    report = FlowReport(
        target="LFE5U-25F",
        versions={},
        resources=(Resource(kind="EBR", used=53, available=56), Resource(kind="cells", used=9)),
        clocks=(clock,),
        area_um2=1234.4,
        checks=(Check(name="one", passed=True), Check(name="two", passed=True)),
    )
    result = FlowResult(
        tool="ecp5", title="", standing="real", options={}, accelerator_sha256="", seconds=1.0,
        report=report,
    )  # fmt: skip
    text = (
        "LFE5U-25F, clk 90 MHz required, 97.1 MHz reached, hold slack 0.100 ns, EBR 53 of 56, "
        "cells 9, 1,234 um2, "
    )
    assert lines.flow_line("ecp5.a", result) == ("flow ecp5.a", f"{text}2 checks passed")
    wrong = report.model_copy(update={"checks": (Check(name="two", passed=False, detail="no"),)})
    failed = result.model_copy(update={"report": wrong})
    assert lines.flow_line("ecp5", failed)[1] == f"{text}FAILED: two: no"
    picture = lines.flow_line("qflow", result.model_copy(update={"standing": "picture"}))[1]
    assert ", a picture, not manufacturable, " in picture


def test_a_network_that_guesses_is_cautioned_about() -> None:
    guessing = samples.QUANTIZE.accuracy.model_copy(update={"in_float": 0.103})
    result = samples.QUANTIZE.model_copy(update={"accuracy": guessing})
    [caution] = [text for name, text in lines.quantize_lines(result) if name == "caution"]
    assert caution.startswith("the float network is right in 10.30 %, and chance alone in 10.00 %")
    assert "network.preprocess" in caution
