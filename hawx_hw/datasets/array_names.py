"""Which arrays of an archive are images and labels, and of which part, by their names.

A name is one of images or of labels, alone or with a part before or behind it, in any case and with
or without underscores: ``x``, ``X_train``, ``test_images``, ``yTest``. Other arrays are of no
concern. Two names for the same are an error: which one counts is for the user to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hawx_hw.datasets.reading import Reading
from hawx_hw.errors import UserError, shown

__all__ = ["PARTS", "ArrayNames", "PartNames", "part_of", "resolve"]

#: Names of the parts of a data set, with what they are called here.
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
}
_IMAGES = ("x", "image", "images", "img", "imgs", "data", "pixels", "inputs")
_LABELS = ("y", "label", "labels", "target", "targets")


@dataclass(frozen=True)
class PartNames:
    """The keys of a part.

    Parameters
    ----------
    images, labels : str
    """

    images: str
    labels: str


@dataclass(frozen=True)
class ArrayNames:
    """The keys of all parts; ``train`` may be split further where there is no ``test``.

    Parameters
    ----------
    train : PartNames
    test, val : PartNames or None
    """

    train: PartNames
    test: PartNames | None = None
    val: PartNames | None = None

    @property
    def parts(self) -> dict[str, PartNames]:
        """Those that there are, by ``train``, ``test`` and ``val``."""
        there: dict[str, PartNames | None] = {
            "train": self.train,
            "test": self.test,
            "val": self.val,
        }
        return {part: names for part, names in there.items() if names is not None}


def part_of(text: str) -> str | None:
    """``train``, ``test`` or ``val``, which a user wrote as ``text``; None for another word."""
    return PARTS.get(text.strip().lower())


def resolve(keys: Iterable[str], reading: Reading, where: str) -> ArrayNames:
    """The keys of images and labels.

    Parameters
    ----------
    keys : iterable of str
        Those of the archive.
    reading : Reading
    where : str
        The archive, for errors.

    Raises
    ------
    UserError
        A key is missing, two are names for the same, or a part has images or labels alone.
    """
    keys = tuple(keys)
    images = _by_part(keys, reading.images, _IMAGES, "images", where)
    labels = _by_part(keys, reading.labels, _LABELS, "labels", where)
    for what, there in (("images", images), ("labels", labels)):
        if "train" not in there:
            _missing(keys, what, getattr(reading, what), where)
    for part in ("test", "val"):
        if (part in images) != (part in labels):
            only, other = (images, "labels") if part in images else (labels, "images")
            raise UserError(
                f"{_pair(images, labels, part)} must be given together: {shown(only[part])} has no "
                f"{other}.",
                where=where,
            )
    pairs = {part: PartNames(images[part], labels[part]) for part in images}
    return ArrayNames(pairs["train"], pairs.get("test"), pairs.get("val"))


def _pair(images: dict[str, str], labels: dict[str, str], part: str) -> str:
    suffix = images.get(part, labels.get(part, "")).lower()
    return f"x_{part} and y_{part}" if suffix[:1] in "xy" else f"The images and labels of {part}"


def _by_part(
    keys: tuple[str, ...], given: str | None, stems: tuple[str, ...], what: str, where: str
) -> dict[str, str]:
    """The key of each part."""
    if given is not None and given not in keys:
        _missing(keys, what, given, where)
    stems = stems if given is None else (_stem(given),)
    there: dict[str, str] = {} if given is None else {_part_in(given, stems) or "train": given}
    for key in keys:
        part = _part_in(key, stems)
        if part is None or (given is not None and (key == given or part in there)):
            continue
        if part in there:
            raise UserError(
                f"Both {shown(there[part])} and {shown(key)} may be the {what}.",
                where=where,
                hint=f"State network.reading.{what}: the name of the array.",
            )
        there[part] = key
    return there


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter not in "_- .")


def _stem(key: str) -> str:
    """A key without the name of a part."""
    plain = _plain(key)
    for part in sorted(PARTS, key=len, reverse=True):
        for rest in (plain.removeprefix(part), plain.removesuffix(part)):
            if rest and rest != plain:
                return rest
    return plain


def _part_in(key: str, stems: tuple[str, ...]) -> str | None:
    """The part that a key is of, where it is one of these with or without a part."""
    plain = _plain(key)
    if plain in stems:
        return "train"
    for part, name in PARTS.items():
        if any(plain in (f"{part}{stem}", f"{stem}{part}") for stem in stems):
            return name
    return None


def _missing(keys: tuple[str, ...], what: str, given: str | None, where: str) -> None:
    there = ", ".join(sorted(keys)[:20]) or "none"
    name = given or {"images": "x", "labels": "y"}[what]
    raise UserError(
        f"The archive has no array {name!r}; it has {there}.",
        where=where,
        hint=None
        if given
        else f"Name the {what} {name} or {what}, or state network.reading.{what}.",
    )
