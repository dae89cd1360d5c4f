"""The plot of exhaustive ground truths."""

import numpy as np
from maxdnn_exhaustive import Plotted
from maxdnn_figure import draw


def plotted(name):
    rng = np.random.default_rng(4)
    points = rng.random((50, 2)) * (0.5, 30)
    return Plotted(name, points, points[:5], points[5:9], points[9:20])


def test_the_same_points_give_the_same_bytes(tmp_path):
    for number in range(2):
        draw([plotted("ours"), plotted("theirs")], tmp_path / f"{number}.svg")
    first, second = ((tmp_path / f"{number}.svg").read_bytes() for number in range(2))
    assert first == second
    text = first.decode()
    assert all(word in text for word in ("ours", "theirs", "by scores", "every assignment"))
    draw([plotted("ours")], tmp_path / "one.svg")
    assert (tmp_path / "one.svg").read_bytes() != first
