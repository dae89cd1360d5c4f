"""What is said of a block."""

from __future__ import annotations

import json

from hawx_hw.blocks import by_name
from hawx_hw.blocks.description import describe
from hawx_hw.blocks.statistics import ErrorMoments, statistics


def test_of_a_published_block() -> None:
    block = by_name("mul8s_1L2J@v2022")
    found = describe(block)
    assert found["name"] == "array(ha=1,hb=1,v=0)"
    assert {"mul8s_1L2H@master", "precision(w=7,a=7)"} <= set(found["also"])
    assert found["statistics"] == statistics(block).as_dict()
    assert found["published"]["power_mw"] == 0.301
    # A product of two functions; the error is that less the product of two others.
    assert (found["rank"], found["error_rank"]) == (1, 2)
    assert found["factors"] == {"terms": 1, "weights": [-128, 126], "activations": [-128, 126]}
    assert "on_histograms" not in found
    assert json.loads(json.dumps(found)) == found


def test_of_unsigned_activations_on_histograms() -> None:
    found = describe(by_name("udrum(k=4)"), ErrorMoments(1.5, 2.0))
    assert found["activation_offset"] == 128
    assert found["product_bits"] == 17
    assert found["on_histograms"] == {"mean_error": 1.5, "variance": 2.0}
    assert "published" not in found


def test_of_lower_precision() -> None:
    found = describe(by_name("precision(w=5,a=6)"))
    assert (found["weight_step"], found["activation_step"]) == (8, 4)
