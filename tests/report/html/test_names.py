"""How networks and configs are named."""

from __future__ import annotations

import pytest

from hawx_hw.report.html.names import arguments, network_title
from tests.report.html.pages import CONFIG


@pytest.mark.parametrize(
    ("model", "dataset", "title"),
    [
        ("lenet5", "digits", "lenet5 on digits"),
        ("/some/where/net.onnx", "data/images/", "net.onnx on images"),
        ("python:nets:Net", "set.npz", "python:nets:Net on set.npz"),
    ],
)
def test_files_are_named_without_their_folders(model: str, dataset: str, title: str) -> None:
    network = CONFIG.network.model_copy(update={"model": model, "dataset": dataset})
    assert network_title(CONFIG.model_copy(update={"network": network})) == title


def test_an_index_that_the_config_lacks_is_an_option() -> None:
    assert arguments("tiny.yaml", None) == "tiny.yaml"
    assert arguments("tiny.yaml", 0) == "tiny.yaml --index 0"
