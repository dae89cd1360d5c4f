import numpy as np
import pytest
from ground_truth.filters import FilterGroundTruth
from ground_truth.front import find_front, load_front, save_front

from hawx_hw.assignment.space import Space
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.errors import UserError
from hawx_hw.search.cost import MultiplierEnergy
from tests.search.small import BLOCKS, small_graph, small_images


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """All assignments of a small network, counted one by one, and an inexact exact network."""
    graph = small_graph()
    images, labels = small_images(graph, 60)
    labels = np.where(np.arange(60) % 9 == 4, (labels + 1) % 5, labels)
    space = Space.by_filter(graph, BLOCKS, ("a", "b"))
    change = Compensated(graph, space, images[:10])
    filters = FilterGroundTruth(space, graph, images, labels, change=change)
    return filters, filters.run(tmp_path_factory.mktemp("parts"))


@pytest.mark.parametrize("most", [2.0, 10.0, 60.0])
@pytest.mark.parametrize("stages", [(0.03, 0.1, 0.3), (0.5,), ()])
def test_the_front_is_that_of_all_assignments(case, most, stages):
    filters, whole = case
    cost = MultiplierEnergy(filters.space, (3.0, 2.0, 1.0))
    numbers, front = whole.front(cost)
    below = front[:, 0] < most
    lines = []
    exhaustive = find_front(filters, cost, most, stages=stages, progress=lines.append)
    own_numbers, own = exhaustive.front(cost)
    assert own_numbers.tolist() == numbers[below].tolist()
    assert own.tolist() == front[below].tolist()
    assert (exhaustive.right == whole.right[exhaustive.numbers]).all()
    assert (exhaustive.images, exhaustive.exact) == (60, whole.exact)
    assert whole.exact < 60
    assert len(lines) == len(stages) + 1
    if stages != (0.5,) or most == 60:
        return
    # Most is never run.
    assert exhaustive.evaluated < 0.9


def test_it_comes_back_from_its_file(case, tmp_path):
    filters, _ = case
    exhaustive = find_front(filters, MultiplierEnergy(filters.space, (3.0, 2.0, 1.0)), 10.0)
    save_front(exhaustive, tmp_path / "front.npz")
    loaded = load_front(tmp_path / "front.npz", filters.space)
    assert loaded.numbers.tolist() == exhaustive.numbers.tolist()
    assert loaded.right.tolist() == exhaustive.right.tolist()
    for name in ("key", "images", "exact", "evaluated", "seconds"):
        assert getattr(loaded, name) == getattr(exhaustive, name)
    other = Space.by_filter(small_graph(), BLOCKS[:2], ("a", "b"))
    with pytest.raises(UserError, match="no front of this space"):
        load_front(tmp_path / "front.npz", other)
    with pytest.raises(UserError, match="no front of this space"):
        load_front(tmp_path / "none.npz", filters.space)
