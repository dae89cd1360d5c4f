"""Evaluations: counted, timed, cached, and bounded by a budget that is the same for all."""

from __future__ import annotations

import io
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.search.cost import Cost
from hawx_hw.search.oracle import ExpectingOracle, Oracle
from hawx_hw.util.damage import DAMAGED, first_line
from hawx_hw.util.files import read_bytes, write_bytes

__all__ = ["Evaluator", "OutOfBudgetError", "Price"]

#: Seconds between two savings of the state: what an interruption loses at most.
_SAVE_SECONDS = 20.0
#: Vectors that share their prefixes in one call.
_BATCH = 512


@dataclass(frozen=True)
class Price:
    """What low-fidelity evaluations took, which run assignments on some of the images.

    Parameters
    ----------
    assignments : int
        How many were run.
    images : int
        On how many images each.
    evaluations : float
        The same in evaluations: assignments times images, over the images of an evaluation; >= 0.
    seconds : float
        >= 0.

    Raises
    ------
    ValueError
        ``evaluations`` or ``seconds`` is negative or not a number.
    """

    assignments: int
    images: int
    evaluations: float
    seconds: float

    def __post_init__(self) -> None:
        if not (self.evaluations >= 0 and self.seconds >= 0):
            raise ValueError(
                f"evaluations and seconds must be at least 0, not {self.evaluations!r}, "
                f"{self.seconds!r}"
            )


class OutOfBudgetError(Exception):
    """No evaluation is left; what was evaluated stands."""


class Evaluator:
    """The accuracy and the cost of assignments, for one run of a search.

    Every distinct assignment that is requested counts as one evaluation, and is free from then on.
    Evaluations of an earlier run that ``state`` holds are counted all the same, with the seconds
    that they took then: a search that makes the same choices continues where it was interrupted.

    Parameters
    ----------
    oracle : Oracle or ExpectingOracle
    cost : Cost
    budget : int or None
        Evaluations, >= 1; None: any number.
    state : Path or None
        An ``.npz`` that caches evaluations as they are made; one of another oracle is replaced.

    Raises
    ------
    UserError
        ``state`` is damaged.
    """

    def __init__(
        self,
        oracle: Oracle,
        cost: Cost,
        *,
        budget: int | None = None,
        state: Path | None = None,
    ):
        if budget is not None and budget < 1:
            raise ValueError(f"budget must be at least 1, not {budget!r}")
        self._oracle = oracle
        self._cost = cost
        self._budget = budget
        self._state = state
        self._units = cost.table.shape[0]
        # Right and expected images, and seconds.
        self._cache: dict[bytes, tuple[int, float, float]] = {}
        self._requested: dict[bytes, tuple[int, float]] = {}
        self._seconds = 0.0
        self._prices: list[Price] = []
        self._saved = time.monotonic()
        if state is not None and state.is_file():
            self._load(state)

    @property
    def cost(self) -> Cost:
        """What assignments cost; a call of it is no evaluation."""
        return self._cost

    @property
    def images(self) -> int:
        """Images of an evaluation."""
        return self._oracle.images

    @property
    def exact(self) -> float:
        """Accuracy of the exact network, in [0, 1]; it is no evaluation."""
        return self._oracle.exact / self._oracle.images

    @property
    def expects(self) -> bool:
        """Whether expected accuracy drops say more than counted ones."""
        return isinstance(self._oracle, ExpectingOracle)

    @property
    def evaluations(self) -> int:
        """Distinct assignments that were evaluated."""
        return len(self._requested)

    @property
    def seconds(self) -> float:
        """What the evaluations took, those of an earlier run included."""
        return self._seconds

    @property
    def cached(self) -> int:
        """Distinct assignments that were evaluated in this run or an earlier one."""
        return len(self._cache)

    @property
    def left(self) -> int | None:
        """Evaluations that are left, whole ones; None where any number is."""
        if self._budget is None:
            return None
        # What was spent is a sum of quotients: a rounding error is no evaluation.
        return max(0, self._budget - len(self._requested) - math.ceil(self.spent - 1e-9))

    @property
    def low_fidelity(self) -> tuple[Price, ...]:
        """What low-fidelity evaluations took, in their order."""
        return tuple(self._prices)

    @property
    def spent(self) -> float:
        """What low-fidelity evaluations took of the budget, in evaluations."""
        return sum(price.evaluations for price in self._prices)

    def spend(self, price: Price) -> None:
        """Count low-fidelity evaluations, made elsewhere, towards the budget and the seconds."""
        self._prices.append(price)
        self._seconds += price.seconds

    @property
    def vectors(self) -> np.ndarray:
        """What was evaluated, in the order of the requests: int64 ``(evaluations, units)``."""
        vectors = [np.frombuffer(key, dtype=np.uint8) for key in self._requested]
        return np.array(vectors, dtype=np.int64).reshape(-1, self._units)

    @property
    def points(self) -> np.ndarray:
        """Accuracy drop and objective of each of :attr:`vectors`: float64 ``(n, 2)``."""
        vectors = self.vectors
        right = np.array([right for right, _ in self._requested.values()], dtype=np.int64)
        return np.stack([self._drops(right), self._objective(vectors)], axis=1)

    @property
    def expected_drops(self) -> np.ndarray:
        """Expected accuracy drop of each of :attr:`vectors`: float64 ``(n,)``.

        In percentage points; where the oracle only counts, the counted one.
        """
        return self._expected_drops([expected for _, expected in self._requested.values()])

    def expect(self, vectors: np.ndarray) -> np.ndarray:
        """Expected accuracy drops of vectors, which are evaluated: see :meth:`evaluate`.

        Returns
        -------
        ndarray of float64
            ``(n,)``, in percentage points.
        """
        self.evaluate(vectors)
        keys = [vector.astype(np.uint8).tobytes() for vector in np.asarray(vectors)]
        return self._expected_drops([self._requested[key][1] for key in keys])

    def evaluate(self, vectors: np.ndarray) -> np.ndarray:
        """Accuracy drops, in percentage points, and the objective.

        Parameters
        ----------
        vectors : ndarray of int
            ``(n, units)``, each in [0, 256).

        Returns
        -------
        ndarray of float64
            ``(n, 2)``: accuracy drops in [-100, 100] (below 0 where the accuracy rises), and the
            cost's objective.

        Raises
        ------
        OutOfBudgetError
            Not all of them can be evaluated; those at the front that can are.
        """
        vectors = np.asarray(vectors)
        keys = [vector.astype(np.uint8).tobytes() for vector in vectors]
        new = [key for key in dict.fromkeys(keys) if key not in self._requested]
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            left = len(batch) if self.left is None else self.left
            if left == 0:
                raise OutOfBudgetError
            self._run(batch[:left])
            if left < len(batch):
                raise OutOfBudgetError
        right = np.array([self._requested[key][0] for key in keys], dtype=np.int64)
        return np.stack([self._drops(right), self._objective(vectors)], axis=1)

    def save(self) -> None:
        """Write all evaluations to the state, if there is one."""
        if self._state is None:
            return
        vectors = [np.frombuffer(key, dtype=np.uint8) for key in self._cache]
        content = io.BytesIO()
        np.savez(
            content,
            key=np.array(self._oracle.key),
            vectors=np.array(vectors, dtype=np.uint8).reshape(-1, self._units),
            right=np.array([right for right, _, _ in self._cache.values()], dtype=np.int64),
            expected=np.array([expected for _, expected, _ in self._cache.values()]),
            seconds=np.array([seconds for _, _, seconds in self._cache.values()]),
        )
        write_bytes(self._state, content.getvalue())
        self._saved = time.monotonic()

    def _run(self, keys: list[bytes]) -> None:
        unknown = [key for key in keys if key not in self._cache]
        if unknown:
            vectors = np.array([np.frombuffer(key, dtype=np.uint8) for key in unknown])
            start = time.perf_counter()
            counts, sums = self._measured(vectors.astype(np.int64))
            each = (time.perf_counter() - start) / len(unknown)
            for key, right, expected in zip(unknown, counts.tolist(), sums.tolist(), strict=True):
                self._cache[key] = right, expected, each
        for key in keys:
            right, expected, seconds = self._cache[key]
            self._requested[key] = right, expected
            self._seconds += seconds
        if unknown and time.monotonic() - self._saved > _SAVE_SECONDS:
            self.save()

    def _measured(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(self._oracle, ExpectingOracle):
            return self._oracle.measure(vectors)
        right = self._oracle(vectors)
        return right, right.astype(np.float64)

    def _expected_drops(self, expected: list[float]) -> np.ndarray:
        exact: float = self._oracle.exact
        if isinstance(self._oracle, ExpectingOracle):
            exact = self._oracle.exact_expected
        drops: np.ndarray = 100 * (exact - np.array(expected, dtype=np.float64))
        return drops / self._oracle.images

    def _drops(self, right: np.ndarray) -> np.ndarray:
        drops: np.ndarray = 100 * (self._oracle.exact - right) / self._oracle.images
        return drops

    def _objective(self, vectors: np.ndarray) -> np.ndarray:
        return self._cost(vectors)[self._cost.objective]

    def _load(self, path: Path) -> None:
        try:
            with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as file:
                if str(file["key"]) != self._oracle.key:
                    return
                names = ("vectors", "right", "expected", "seconds")
                vectors, *others = (file[name] for name in names)
            self._check(vectors, *others)
            entries = zip(*(array.tolist() for array in others), strict=True)
            self._cache = {
                vector.tobytes(): (right, expected, each)
                for vector, (right, expected, each) in zip(vectors, entries, strict=True)
            }
        except DAMAGED as error:
            raise UserError(
                f"The evaluations of an earlier search cannot be read: {first_line(error)}",
                where=str(path),
                hint="Remove the file.",
            ) from error

    def _check(
        self, vectors: np.ndarray, right: np.ndarray, expected: np.ndarray, seconds: np.ndarray
    ) -> None:
        """Raise ValueError for what no evaluation of this search can have given."""
        arrays = (vectors, right, expected, seconds)
        kinds = [str(array.dtype) for array in arrays]
        count = len(right) if right.ndim else 0
        shapes = tuple(array.shape for array in arrays)
        if kinds != ["uint8", "int64", "float64", "float64"] or shapes != (
            (count, self._units),
            *((count,),) * 3,
        ):
            raise ValueError(f"its arrays are {', '.join(kinds)} of the shapes {shapes}")
        if count and not (right.min() >= 0 and right.max() <= self._oracle.images):
            raise ValueError(f"{right.max()} of {self._oracle.images} images are right")
        if not np.all((expected >= 0) & (expected <= self._oracle.images)):
            raise ValueError("expected images are no numbers of images")
        if not np.all(np.isfinite(seconds) & (seconds >= 0)):
            raise ValueError("seconds are negative or not finite")
