"""The description of a block."""

from __future__ import annotations

import json

from hawx_hw.blocks import by_name
from hawx_hw.blocks.description import describe
from hawx_hw.blocks.statistics import ErrorMoments, statistics


def test_of_a_published_block() -> None:
    block = by_name("mul8s_1L2J@v2022")
    content = describe(block)
    assert content["name"] == "array(ha=1,hb=1,v=0)"
    assert {"mul8s_1L2H@master", "precision(w=7,a=7)"} <= set(content["also"])
    assert content["statistics"] == statistics(block).as_dict()
    assert content["published"]["power_mw"] == 0.301
    # A product of two functions; the error is that less the product of two others.
    assert (content["rank"], content["error_rank"]) == (1, 2)
    assert content["factors"] == {
        "terms": 1,
        "weights": [-128, 126],
        "activations": [-128, 126],
    }
    assert "on_histograms" not in content
    assert json.loads(json.dumps(content)) == content


def test_of_unsigned_activations_on_histograms() -> None:
    content = describe(by_name("udrum(k=4)"), ErrorMoments(1.5, 2.0))
    assert content["activation_offset"] == 128
    assert content["product_bits"] == 17
    assert content["on_histograms"] == {"mean_error": 1.5, "variance": 2.0}
    assert "published" not in content


def test_of_lower_precision() -> None:
    content = describe(by_name("precision(w=5,a=6)"))
    assert (content["weight_step"], content["activation_step"]) == (8, 4)
