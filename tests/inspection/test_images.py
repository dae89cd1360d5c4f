import numpy as np

from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import Roles
from hawx_hw.inspection.images import inspected


def numbered(start, count):
    images = np.arange(start, start + count, dtype=np.int64)
    return Split(images.astype(np.uint8).reshape(-1, 1, 1, 1), images)


PARTS = Roles(numbered(0, 100), numbered(100, 50), numbered(150, 50))


def test_images_for_learning_that_neither_calibration_nor_search_used():
    used = {*PARTS.proposing(20).labels, *PARTS.proposing(30).labels}
    chosen, seen = inspected(PARTS, 40, 20, 30)
    assert (len(chosen), seen) == (40, 0)
    assert len(set(chosen.labels)) == 40
    assert set(chosen.labels) <= set(range(100)) - used
    assert (chosen.images.ravel() == chosen.labels).all()


def test_the_first_of_more_images_are_those_of_fewer():
    few, more = (inspected(PARTS, count, 20)[0].labels for count in (10, 90))
    assert more[:10].tolist() == few.tolist()
    assert few.tolist() != sorted(few)


def test_where_there_are_no_more_it_takes_those_that_were_used():
    chosen, seen = inspected(PARTS, 90, 20)
    assert (len(chosen), seen) == (90, 10)
    assert not set(chosen.labels[:80]) & set(PARTS.proposing(20).labels)
    chosen, seen = inspected(PARTS, 1000, 512)
    assert sorted(chosen.labels) == list(range(100)) and seen == 100
