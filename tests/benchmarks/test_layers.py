import numpy as np
import pytest
from ground_truth.exhaustive import load_ground_truth, save_ground_truth
from ground_truth.layers import enumerated

from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.oracle import EmulatedOracle
from tests.search.small import BLOCKS, small_graph, small_images


class Interrupted:
    """An oracle that is requested for one part only."""

    def __init__(self, oracle):
        self.key, self.images, self.exact = oracle.key, oracle.images, oracle.exact
        self._oracle, self.requested = oracle, 0

    def __call__(self, vectors):
        self.requested += 1
        if self.requested > 1:
            raise KeyboardInterrupt
        return self._oracle(vectors)


@pytest.fixture(scope="module")
def case():
    graph = small_graph()
    images, labels = small_images(graph, 30)
    space = Space.by_layer(graph, BLOCKS)
    return graph, images, labels, space, EmulatedOracle(space, graph, images, labels, threads=1)


def test_every_assignment_is_as_in_the_reference(case, tmp_path):
    graph, images, labels, space, oracle = case
    reports = []
    exhaustive = enumerated(space, oracle, tmp_path, part=20, progress=lambda *n: reports.append(n))
    expected = [
        (reference.run(graph, images, space.assignment(v)).argmax(axis=1) == labels).sum()
        for v in space.vectors(np.arange(space.size))
    ]
    assert exhaustive.right.tolist() == expected
    assert exhaustive.exact == expected[0]
    assert reports[-1] == (81, 81)
    assert len(reports) == 5
    assert exhaustive(space.vectors([7, 3])).tolist() == [expected[7], expected[3]]


def test_an_interrupted_enumeration_continues(case, tmp_path):
    *_, space, oracle = case
    with pytest.raises(KeyboardInterrupt):
        enumerated(space, Interrupted(oracle), tmp_path, part=20)
    requested = []

    class Recording:
        key, images, exact = oracle.key, oracle.images, oracle.exact

        def __call__(self, vectors):
            requested.append(len(vectors))
            return oracle(vectors)

    continued = enumerated(space, Recording(), tmp_path, part=20)
    assert requested == [20, 20, 20, 1]
    whole = enumerated(space, oracle, tmp_path / "other")
    assert (continued.right == whole.right).all()


def test_points_and_front_are_those_of_every_assignment(case, tmp_path):
    *_, space, oracle = case
    exhaustive = enumerated(space, oracle, tmp_path)
    cost = MultiplierEnergy(space, (3.0, 2.0, 1.0))
    points = exhaustive.points(cost)
    vectors = space.vectors(np.arange(space.size))
    assert (points[:, 1] == cost(vectors)["energy_pj"]).all()
    assert (points[:, 0] == 100 * (exhaustive.exact - exhaustive.right) / 30).all()
    numbers, front = exhaustive.front(cost)
    assert (points[numbers] == front).all()
    dominated = (points[:, None] <= front).all(axis=2) & (points[:, None] < front).any(axis=2)
    assert not dominated.any()


def test_it_comes_back_from_its_file(case, tmp_path):
    graph, *_, space, oracle = case
    exhaustive = enumerated(space, oracle, tmp_path)
    save_ground_truth(exhaustive, tmp_path / "exhaustive.npz")
    loaded = load_ground_truth(tmp_path / "exhaustive.npz", space)
    assert (loaded.right == exhaustive.right).all()
    assert (loaded.key, loaded.images, loaded.exact) == (
        exhaustive.key,
        exhaustive.images,
        exhaustive.exact,
    )
    with pytest.raises(UserError, match="another space"):
        load_ground_truth(tmp_path / "exhaustive.npz", Space.by_layer(graph, BLOCKS[:2]))
    with pytest.raises(UserError, match="Nothing was computed yet"):
        load_ground_truth(tmp_path / "none.npz", space)
    (tmp_path / "exhaustive.npz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="cannot be read"):
        load_ground_truth(tmp_path / "exhaustive.npz", space)
