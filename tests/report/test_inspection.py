"""What is shown of an inspection."""

from hawx_hw.inspection.result import RtlComparison
from hawx_hw.report.inspection import inspection_lines, layer_table
from tests.inspection.samples import CONV, EXACT, INSPECTION, noise


def changed(**updates):
    return dict(inspection_lines(INSPECTION.model_copy(update=updates)))


def test_lines():
    assert inspection_lines(INSPECTION) == [
        ("images", "256 for learning, none of which calibration or search used"),
        ("accuracy on them", "float 99.0 %, int8 98.0 %, blocks 50.0 %, as built 97.0 %"),
        ("other class, float to int8", "none"),
        (
            "other class, int8 to built",
            "70: 60 right before, 5 right after; first layer of 64 of them: fc 40, conv1 23, "
            "input 1",
        ),
        (
            "Verilog",
            "not compared with the integer network as it is now; that does: hawx verify CONFIG",
        ),
        ("likely culprit: blocks", "It is off. Choose another."),
    ]


def test_images_that_were_used():
    assert changed(seen=20)["images"].endswith("calibration or search used 20 of them too")


def test_verilog():
    equal = changed(rtl=RtlComparison(equal=True, images=20))["Verilog"]
    assert equal == "equal to the integer network, bit for bit, on 20 images"
    other = changed(rtl=RtlComparison(equal=False, images=20))["Verilog"]
    assert other.startswith("differs from the integer network")


def test_no_culprit():
    line = "none; most noise comes from its blocks in the layer conv1, which leaves 21.5 dB"
    assert changed(culprits=())["likely culprit"] == line
    exact = dict(inspection_lines(EXACT))
    assert "rounding to int8 in the layer fc, which leaves 39.0 dB" in exact["likely culprit"]
    assert exact["accuracy on them"] == "float 99.0 %, int8 98.0 %"
    few = changed(culprits=(), images=31)["likely culprit"]
    assert few == "not looked for with fewer than 32 images"
    silent = CONV.model_copy(update={"int8": noise(None, None), "built": None})
    assert changed(culprits=(), layers=(silent,))["likely culprit"] == "none"


def test_many_first_layers_are_summed_up():
    flips = INSPECTION.flips[1]
    first = {f"layer{i}": 10 - i for i in range(8)}
    many = flips.model_copy(update={"first": first, "examined": 52, "flipped": 52})
    line = changed(flips=(many,))["other class, int8 to built"]
    assert line.endswith(
        "first layer: layer0 10, layer1 9, layer2 8, layer3 7, layer4 6, others 12"
    )


def test_the_table_of_the_layers():
    table = layer_table(INSPECTION)
    assert table.heading == (
        "layer", "int8", "alone", "blocks", "alone", "built", "alone", "low %", "high %",
        "channels", "zero", "constant", "codes %", "median %", "mean off", "deviation",
    )  # fmt: skip
    assert table.lines == (
        ("conv1", "40.0", "42.0", "11.5", "11.5", "20.2", "21.5", "0.00", "1.23", "1,600", "3", "1",
         "98", "50", "0.13", "x 1.07"),
        ("fc", "38.0", "39.0", "10.0", "", "19.0", "", "0.00", "1.23", "1,600", "0", "1", "98",
         "50", "", ""),
    )  # fmt: skip


def test_what_a_network_lacks_is_left_out():
    table = layer_table(EXACT)
    assert len(table.heading) == 10 and all(len(line) == 10 for line in table.lines)
    assert "blocks" not in table.heading and "mean off" not in table.heading
