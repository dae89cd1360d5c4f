"""The description of a block."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.description import describe
from hawx_hw.blocks.statistics import ErrorMoments, statistics
from hawx_hw.blocks.user.imported import ImportedBlock, ImportedCircuit, Port, imported_block


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


def unsigned(table: np.ndarray, a_bits: int = 8, b_signed: bool = False) -> ImportedBlock:
    ports = Port("A", a_bits), Port("B", 8), Port("O", 17)
    return imported_block("x", ImportedCircuit(*ports, False, b_signed, "", table))


def test_errors_say_over_which_operands_they_are() -> None:
    assert describe(by_name("drum(k=4)"))["statistics_over"] == {
        "weights": [-128, 127],
        "activations": [-128, 127],
        "pairs": 65536,
    }
    content = describe(by_name("udrum(k=4)"))
    assert content["statistics_over"]["activations"] == [0, 255]
    assert "circuit_statistics" not in content


def test_errors_of_an_unsigned_circuit_over_its_own_operands() -> None:
    """The published errors of mul8u_E9R, which is always 0: MAE 24.81 %, WCE 99.22 % and so on."""
    content = describe(unsigned(np.zeros((256, 256), np.int32)))
    errors = content["circuit_statistics"]
    assert content["circuit_statistics_over"] == {"a": [0, 255], "b": [0, 255], "pairs": 65536}
    assert round(100 * errors["mae"] / 2**16, 2) == 24.81
    assert round(100 * errors["wce"] / 2**16, 2) == 99.22
    assert round(100 * errors["error_rate"], 2) == 99.22
    assert errors["mre"] == 1
    assert round(errors["rmse"] ** 2 / 1e4) == 47165
    # As a block its weights' magnitudes end at 128.
    assert content["statistics"]["wce"] == 128 * 255
    assert content["statistics"]["mae"] < 0.6 * errors["mae"]


def test_errors_of_an_unsigned_weight_of_few_bits() -> None:
    signed = np.arange(256) - (np.arange(256) >> 7 << 8)
    table = (np.arange(16)[:, None] * signed + 1).astype(np.int32)
    content = describe(unsigned(table, 4, b_signed=True))
    assert content["statistics_over"] == {
        "weights": [-15, 15],
        "activations": [-128, 127],
        "pairs": 31 * 256,
    }
    assert content["circuit_statistics_over"] == {"a": [0, 15], "b": [-128, 127], "pairs": 4096}
    assert content["circuit_statistics"]["mean_error"] == 1
    assert content["statistics"]["mean_error"] == pytest.approx(1 / 31)
    assert "exact" not in content["also_within_codes"]


def test_names_for_the_codes_of_a_narrow_block() -> None:
    codes = np.arange(256)
    content = describe(unsigned((np.arange(4)[:, None] * codes).astype(np.int32), 2))
    assert content["also"] == []
    assert content["also_within_codes"][0] == "exact"
