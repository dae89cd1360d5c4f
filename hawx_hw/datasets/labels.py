"""Labels of any kind -> classes 0 to n - 1, by rules that leave no choice.

==================  ==============================================================================
a list of classes   A label is a class of the list, by a name or by its number.
whole numbers       A label is its class. ``from_one``: label 1 is class 0. ``in_order``: the labels
                    that occur are numbered in ascending order.
texts               Where all are whole numbers they count as such. Otherwise the different texts
                    are sorted by their characters' codes and numbered.
one-hot             ``(n, k)`` with one 1 in each line: its place is the class, of k.
==================  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.datasets.class_list import ClassList, whole_number
from hawx_hw.datasets.reading import Numbering
from hawx_hw.errors import UserError, printable, shown

__all__ = ["CLASSES_MAX", "Classes", "Labels", "classes_of", "plain_labels"]

#: Classes that labels alone make; more must be stated.
CLASSES_MAX = 1000
_STATED_CLASSES_MAX = 65_536
_SHOWN = 10
_ORDER_HINT = "State network.reading.numbering: in_order, to number the labels that occur."


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels as a file has them.

    Parameters
    ----------
    values : ndarray of int64 or of str
        ``(n,)``.
    width : int or None
        The number of classes, where one-hot labels show it.
    """

    values: np.ndarray
    width: int | None = None

    @property
    def texts(self) -> bool:
        """Whether they are texts."""
        return self.values.dtype.kind == "U"


@dataclass(frozen=True, eq=False)
class Classes:
    """Which class a label is.

    Parameters
    ----------
    count : int
    counted : bool
        Whether ``count`` is the largest class of a label plus one, and not stated.
    names : tuple of str
        Of the classes; empty where labels are classes, or less by one.
    first : int
        The label of class 0, where labels are numbers and ``numbers`` is None.
    numbers : mapping of int or str to int, or None
        The class of each label.
    listed : ClassList or None
        Where it is stated.
    """

    count: int
    counted: bool = False
    names: tuple[str, ...] = ()
    first: int = 0
    numbers: Mapping[int | str, int] | None = None
    listed: ClassList | None = None

    def number(self, labels: Labels, key: str, where: str) -> np.ndarray:
        """The classes of labels: int64 ``(n,)``, each in [0, 2**31).

        Raises
        ------
        UserError
            A label has none.
        """
        if self.listed is not None and labels.texts:
            return _mapped(labels.values, lambda label: self._listed(str(label), where))
        if self.numbers is not None:
            named = any(isinstance(label, str) for label in self.numbers)
            values = labels.values if named else _numbers(labels, key, where)
            return _mapped(values, lambda label: self._numbered(label, key, where))
        values = _numbers(labels, key, where)
        if values.size:
            _check_first(values, self.first, key, where)
            _check_stated(self.count, int(values.max()) - self.first, where)
        return values - self.first

    @property
    def ordered(self) -> bool:
        """Whether classes are numbered by the labels that occur, in order."""
        return self.numbers is not None

    @property
    def note(self) -> str:
        """How labels became classes, in a sentence; empty where they are classes."""
        if self.first:
            return f"Labels {self.first} to {self.count} are classes 0 to {self.count - 1}."
        if not self.names:
            return ""
        named = ", ".join(
            f"{printable(name, 40)} {number}" for number, name in enumerate(self.names[:_SHOWN])
        )
        rest = f" and {len(self.names) - _SHOWN:,} more" if len(self.names) > _SHOWN else ""
        order = f"as {self.listed.source} lists them" if self.listed else "in the order of labels"
        return f"Classes {order}: {named}{rest}."

    def _listed(self, label: str, where: str) -> int:
        listed = self.listed
        if listed is None:  # the caller has one
            raise ValueError("Labels must have a list of classes to be looked up in it")
        return listed.number(label, where)

    def _numbered(self, label: int | str, key: str, where: str) -> int:
        number = (self.numbers or {}).get(label)
        if number is None:
            raise UserError(
                f"{key} has the label {shown(label)}, which is none of the data set's.",
                where=where,
                hint=f"Its {self.count:,} labels begin with {', '.join(self.names[:5])}.",
            )
        return number


def plain_labels(array: np.ndarray, key: str, where: str) -> Labels:
    """The labels of an array: one number or text for each image.

    Parameters
    ----------
    array : ndarray
        ``(n,)`` or ``(n, 1)`` of whole numbers (of any type), booleans or texts; or one-hot
        ``(n, k)``.
    key : str
        Its name, for errors.
    where : str
        The file, for errors.

    Raises
    ------
    UserError
        It has other contents.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind == "S":
        array = _decoded(array, key, where)
    if array.dtype.kind not in "buifU":
        raise UserError(f"{key} must hold whole numbers or texts, not {array.dtype}.", where=where)
    if array.ndim == 2 and array.dtype.kind != "U":
        return _one_hot(array, key, where)
    if array.ndim != 1:
        raise UserError(
            f"{key} must hold one label for each image, not shape {array.shape}.", where=where
        )
    if array.dtype.kind == "U":
        return Labels(array)
    if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.rint(array))).all():
        raise UserError(f"{key} must hold whole numbers, not {array.dtype}.", where=where)
    if array.size and (float(array.max()) >= 2**62 or float(array.min()) < -(2**62)):
        raise UserError(f"{key} has the label {array.max()}, which is too large.", where=where)
    return Labels(array.astype(np.int64))


def classes_of(
    parts: Sequence[Labels],
    *,
    numbering: Numbering | None = None,
    listed: ClassList | None = None,
    stated: int | None = None,
    names: Iterable[str] = (),
    key: str = "y",
    where: str = "",
) -> Classes:
    """The classes of a data set, by the labels of all its parts together.

    Parameters
    ----------
    parts : sequence of Labels
    numbering : str or None
        See :class:`~hawx_hw.datasets.reading.Reading`.
    listed : ClassList or None
        A stated list.
    stated : int or None
        A stated number of classes.
    names : iterable of str
        Labels beside those of the images, such as names of folders without any.
    key, where : str
        Names of labels and file, for errors.

    Raises
    ------
    UserError
        The labels are of different kinds, or fit to no rule.
    """
    if listed is not None:
        return _listed_classes(listed, numbering, stated, where)
    texts = sorted({*names, *(str(each) for part in parts if part.texts for each in part.values)})
    plain = [part.values for part in parts if not part.texts]
    other = next((text for text in texts if whole_number(text) is None), None)
    if other is not None and plain:
        raise UserError(
            f"Some labels are numbers, and {shown(other)} is none.",
            where=where,
            hint="Write the labels of all images in the same way.",
        )
    if other is not None:
        return _text_classes(texts, numbering, stated, where)
    numbers = np.unique(np.concatenate([*plain, np.array([*map(int, texts)], dtype=np.int64)]))
    if numbering == "in_order":
        return _ordered_classes([int(number) for number in numbers], stated, where)
    width = max((part.width for part in parts if part.width is not None), default=None)
    first = 1 if numbering == "from_one" else 0
    return _plain_classes(numbers, first, stated or width, key, where)


def _listed_classes(
    listed: ClassList, numbering: Numbering | None, stated: int | None, where: str
) -> Classes:
    if numbering == "in_order":
        raise UserError(
            f"{listed.source} numbers the classes, and so does in_order.",
            where="network.reading.numbering",
            hint="Leave one of them out.",
        )
    _check_stated(stated, len(listed.names) - 1, where)
    if stated is not None and stated != len(listed.names):
        raise UserError(
            f"{listed.source} has {len(listed.names):,} classes, and {stated:,} are stated.",
            where=where,
        )
    first = 1 if numbering == "from_one" else 0
    return Classes(len(listed.names), names=listed.names, first=first, listed=listed)


def _text_classes(
    different: list[str], numbering: Numbering | None, stated: int | None, where: str
) -> Classes:
    if numbering == "from_one":
        text = next(text for text in different if whole_number(text) is None)
        raise UserError(
            f"The label {shown(text)} is no number.",
            where=f"network.reading.numbering: {where}",
            hint="Leave it out: labels that are texts are numbered in their order.",
        )
    numbers: dict[int | str, int] = {text: number for number, text in enumerate(different)}
    count = _count(len(different), stated, where)
    return Classes(count, stated is None, tuple(different), numbers=numbers)


def _ordered_classes(different: list[int], stated: int | None, where: str) -> Classes:
    numbers: dict[int | str, int] = {label: number for number, label in enumerate(different)}
    count = _count(len(different), stated, where)
    names = tuple(str(label) for label in different)
    return Classes(count, stated is None, names, numbers=numbers)


def _plain_classes(
    numbers: np.ndarray, first: int, stated: int | None, key: str, where: str
) -> Classes:
    _check_first(numbers, first, key, where)
    largest = int(numbers.max()) - first
    if stated is None and largest >= CLASSES_MAX:
        raise UserError(
            f"The label {largest + first} is larger than expected.",
            where=where,
            hint=f"Correct {key}, state the classes (classes in the archive, classes.txt in the "
            f"folder), or state network.reading.numbering: in_order.",
        )
    _check_stated(stated, largest, where)
    return Classes(largest + 1 if stated is None else stated, stated is None, first=first)


def _check_first(numbers: np.ndarray, first: int, key: str, where: str) -> None:
    if int(numbers.min()) < first or int(numbers.max()) >= 2**31:
        raise UserError(
            f"{key} must hold labels from {first} on, not {numbers.min()} to {numbers.max()}.",
            where=where,
            hint=None if first else _ORDER_HINT,
        )


def _count(different: int, stated: int | None, where: str) -> int:
    if stated is None and different > CLASSES_MAX:
        raise UserError(
            f"There are {different:,} different labels, more than {CLASSES_MAX:,}.",
            where=where,
            hint="State the list of classes: classes.txt in the folder, or classes in the archive.",
        )
    _check_stated(stated, different - 1, where)
    return different if stated is None else stated


def _check_stated(stated: int | None, largest: int, where: str) -> None:
    if stated is None:
        return
    if stated < 1:
        raise UserError(f"classes must be one positive whole number, not {stated}.", where=where)
    if stated > _STATED_CLASSES_MAX:
        raise UserError(
            f"classes must be at most {_STATED_CLASSES_MAX:,}, not {stated:,}.", where=where
        )
    if largest >= stated:
        raise UserError(f"The label {largest} is not below classes = {stated}.", where=where)


def _numbers(labels: Labels, key: str, where: str) -> np.ndarray:
    if not labels.texts:
        return labels.values
    different, inverse = np.unique(labels.values, return_inverse=True)
    numbers = [whole_number(str(text)) for text in different]
    if None in numbers:
        text = str(different[numbers.index(None)])
        raise UserError(
            f"{key} has the label {shown(text)}, and those of the data set are numbers.",
            where=where,
        )
    return np.array(numbers, dtype=np.int64)[inverse]


def _decoded(array: np.ndarray, key: str, where: str) -> np.ndarray:
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{key} has a label that is no text in UTF-8.", where=where) from error


def _one_hot(array: np.ndarray, key: str, where: str) -> Labels:
    ones = array == 1
    if not ((ones | (array == 0)).all() and (ones.sum(axis=1) == 1).all()):
        raise UserError(
            f"{key} of shape {array.shape} must be one-hot: a single 1 for each image, and 0.",
            where=where,
            hint="Store one label for each image: a class, not shares of several.",
        )
    return Labels(ones.argmax(axis=1).astype(np.int64), width=array.shape[1])


def _mapped(values: np.ndarray, number: Callable[[int | str], int]) -> np.ndarray:
    different, inverse = np.unique(values, return_inverse=True)
    return np.array([number(label) for label in different.tolist()], dtype=np.int64)[inverse]
