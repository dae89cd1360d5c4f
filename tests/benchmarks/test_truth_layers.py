import numpy as np
import pytest
from ground_truth.truth import load_truth, save_truth
from ground_truth.truth_layers import enumerate_truth

from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.oracle import EmulatedOracle
from tests.search.small import BLOCKS, small_graph, small_images


class Interrupted:
    """An oracle that is asked for one part only."""

    def __init__(self, oracle):
        self.key, self.images, self.exact = oracle.key, oracle.images, oracle.exact
        self._oracle, self.asked = oracle, 0

    def __call__(self, vectors):
        self.asked += 1
        if self.asked > 1:
            raise KeyboardInterrupt
        return self._oracle(vectors)


@pytest.fixture(scope="module")
def case():
    graph = small_graph()
    images, labels = small_images(graph, 30)
    space = Space.by_layer(graph, BLOCKS)
    return graph, images, labels, space, EmulatedOracle(space, graph, images, labels, threads=1)


def test_every_assignment_is_as_the_reference_says(case, tmp_path):
    graph, images, labels, space, oracle = case
    told = []
    truth = enumerate_truth(space, oracle, tmp_path, part=20, progress=lambda *n: told.append(n))
    wanted = [
        (reference.run(graph, images, space.assignment(v)).argmax(axis=1) == labels).sum()
        for v in space.vectors(np.arange(space.size))
    ]
    assert truth.right.tolist() == wanted
    assert truth.exact == wanted[0]
    assert told[-1] == (81, 81)
    assert len(told) == 5
    assert truth(space.vectors([7, 3])).tolist() == [wanted[7], wanted[3]]


def test_an_interrupted_enumeration_continues(case, tmp_path):
    *_, space, oracle = case
    with pytest.raises(KeyboardInterrupt):
        enumerate_truth(space, Interrupted(oracle), tmp_path, part=20)
    asked = []

    class Telling:
        key, images, exact = oracle.key, oracle.images, oracle.exact

        def __call__(self, vectors):
            asked.append(len(vectors))
            return oracle(vectors)

    continued = enumerate_truth(space, Telling(), tmp_path, part=20)
    assert asked == [20, 20, 20, 1]
    whole = enumerate_truth(space, oracle, tmp_path / "other")
    assert (continued.right == whole.right).all()


def test_points_and_front_are_those_of_every_assignment(case, tmp_path):
    *_, space, oracle = case
    truth = enumerate_truth(space, oracle, tmp_path)
    cost = MultiplierEnergy(space, (3.0, 2.0, 1.0))
    points = truth.points(cost)
    vectors = space.vectors(np.arange(space.size))
    assert (points[:, 1] == cost(vectors)["energy_pj"]).all()
    assert (points[:, 0] == 100 * (truth.exact - truth.right) / 30).all()
    numbers, front = truth.front(cost)
    assert (points[numbers] == front).all()
    dominated = (points[:, None] <= front).all(axis=2) & (points[:, None] < front).any(axis=2)
    assert not dominated.any()


def test_a_truth_comes_back_from_its_file(case, tmp_path):
    graph, *_, space, oracle = case
    truth = enumerate_truth(space, oracle, tmp_path)
    save_truth(truth, tmp_path / "truth.npz")
    found = load_truth(tmp_path / "truth.npz", space)
    assert (found.right == truth.right).all()
    assert (found.key, found.images, found.exact) == (truth.key, truth.images, truth.exact)
    with pytest.raises(UserError, match="another space"):
        load_truth(tmp_path / "truth.npz", Space.by_layer(graph, BLOCKS[:2]))
    with pytest.raises(UserError, match="no truth yet"):
        load_truth(tmp_path / "none.npz", space)
    (tmp_path / "truth.npz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="cannot be read"):
        load_truth(tmp_path / "truth.npz", space)
