"""What is predicted of a design, and what it is made of: physical terms, as data.

An architecture states for each quantity the parts that it is the sum of, and for each part the
terms, products of its features, that it is a combination of. Predictors fit the coefficients; see
:mod:`hawx_hw.prediction`. A term is built from factors:

>>> str(feature("pes") * log2("sum_bits"))
'pes*log2:sum_bits'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Literal

__all__ = [
    "ONE",
    "REST",
    "Factor",
    "Part",
    "Quantities",
    "Quantity",
    "Term",
    "complement",
    "feature",
    "feature_terms",
    "log2",
    "longest_path",
]

#: Name of the part that stands for everything that no other part of a quantity does.
REST = "rest"


@dataclass(frozen=True)
class Factor:
    """A feature, or a function of it.

    Parameters
    ----------
    feature : str
    function : str
        ``""``: the feature itself; ``"log2"``: its logarithm; ``"not"``: 1 minus it, of one that is
        0 or 1.
    """

    feature: str
    function: Literal["", "log2", "not"] = ""

    def __str__(self) -> str:
        return f"{self.function}:{self.feature}" if self.function else self.feature


@dataclass(frozen=True)
class Term:
    """A product of factors; without factors it is 1.

    ``str`` of it is its name in the files of predictors, such as ``pes*sum_bits``.
    """

    factors: tuple[Factor, ...] = ()

    def __mul__(self, other: Term) -> Term:
        return Term(self.factors + other.factors)

    def __str__(self) -> str:
        return "*".join(map(str, self.factors)) or "1"

    @property
    def features(self) -> frozenset[str]:
        """Names of the features that it is computed from."""
        return frozenset(factor.feature for factor in self.factors)


#: The term without factors.
ONE = Term()


def feature(name: str) -> Term:
    """The term that is a feature."""
    return Term((Factor(name),))


def log2(name: str) -> Term:
    """The binary logarithm of a feature that is positive."""
    return Term((Factor(name, "log2"),))


def feature_terms(names: Iterable[str]) -> SimpleNamespace:
    """The terms that are a feature, each an attribute of its name."""
    return SimpleNamespace(**{name: feature(name) for name in names})


def complement(name: str) -> Term:
    """1 minus a feature that is 0 or 1."""
    return Term((Factor(name, "not"),))


@dataclass(frozen=True)
class Part:
    """A combination of terms with coefficients that are fitted, on top of a term that is exact.

    Parameters
    ----------
    name : str
        In the files of predictors.
    target : str
        What it is fitted to, see :class:`~hawx_hw.prediction.table.TrainingTable`.
    terms : tuple of Term
    exact : Term or None
        Counts as it is, without a coefficient.
    """

    name: str
    target: str
    terms: tuple[Term, ...]
    exact: Term | None = None

    @property
    def features(self) -> frozenset[str]:
        """Names of the features that it is computed from."""
        terms = self.terms if self.exact is None else (*self.terms, self.exact)
        return frozenset[str]().union(*(term.features for term in terms))

    @property
    def learned(self) -> frozenset[str]:
        """Names of the features of the terms that are fitted."""
        return frozenset[str]().union(*(term.features for term in self.terms))


@dataclass(frozen=True)
class Quantity:
    """A number of a design that is predicted: the sum of its parts, times a correction.

    Parameters
    ----------
    target : str
        What it is, of the training table.
    unit : str
    parts : tuple of Part
    correction : tuple of str
        Features that the correction of the sum depends on.
    """

    target: str
    unit: str
    parts: tuple[Part, ...]
    correction: tuple[str, ...]

    @property
    def features(self) -> frozenset[str]:
        """Names of the features that it is computed from."""
        return frozenset(self.correction).union(*(part.features for part in self.parts))

    @property
    def learned(self) -> frozenset[str]:
        """Names of the features whose influence is learned, and known only where it was trained:
        not of those that count as they are.
        """
        return frozenset(self.correction).union(*(part.learned for part in self.parts))


def longest_path(kind: str, terms: tuple[Term, ...], correction: tuple[str, ...]) -> Quantity:
    """The longest path that ends in a kind of module, in ns."""
    target = f"delay_{kind}_ns"
    return Quantity(target, "ns", (Part(kind, target, terms),), correction)


@dataclass(frozen=True)
class Quantities:
    """All quantities of an architecture's designs.

    Parameters
    ----------
    area : Quantity
        Area of the cells, ``area`` of the training table. Each part but :data:`REST` is the area of
        one kind of module (see :meth:`~hawx_hw.architectures.base.Plan.kind_of`), named after it,
        with the target ``area_KIND``.
    energy : Quantity
        Energy of an image without leakage, ``dynamic_pj``.
    leakage : Quantity
        Leakage power, ``leakage_uw``.
    paths : mapping of str to Quantity
        The longest paths that end in each of some kinds of modules, and in :data:`REST`, by the
        kind; the target is ``delay_KIND_ns``. The longest of them is the design's.
    """

    area: Quantity
    energy: Quantity
    leakage: Quantity
    paths: Mapping[str, Quantity]

    @property
    def by_name(self) -> dict[str, Quantity]:
        """All of them; ``path_KIND`` names a path."""
        return {
            "area": self.area,
            "energy": self.energy,
            "leakage": self.leakage,
            **{f"path_{kind}": quantity for kind, quantity in self.paths.items()},
        }

    @property
    def area_kinds(self) -> tuple[str, ...]:
        """The kinds of modules whose areas are predicted each by itself."""
        return tuple(part.name for part in self.area.parts if part.name != REST)

    @property
    def path_kinds(self) -> tuple[str, ...]:
        """The kinds of modules whose longest paths are predicted each by itself."""
        return tuple(kind for kind in self.paths if kind != REST)

    @property
    def features(self) -> frozenset[str]:
        """Names of the features that some quantity is computed from."""
        return frozenset[str]().union(*(each.features for each in self.by_name.values()))
