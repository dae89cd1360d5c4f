"""A folder of images: which files it has, and their labels and parts; none is opened.

=============================  ====================================================================
``CLASS/NAME.png``             The label of an image is the name of its folder.
``train/CLASS/NAME.png``       The same in folders ``train``, ``test`` and ``val``, which are parts.
``NAME.png``                   Images that lie in the folder itself are labeled by their names
                               without the ending, where ``classes.csv`` or ``classes.txt`` lists
                               the classes: one image a class.
``labels.csv``                 Where there is such a file it alone states files, labels and parts
                               (:mod:`hawx_hw.datasets.label_table`).
=============================  ====================================================================

Files come in the order of their paths, or of the table. Names that begin with a point are ignored.
Nothing outside the folder is named: a link out of it is refused.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.datasets.array_names import part_of
from hawx_hw.datasets.class_list import FILES as CLASS_FILES
from hawx_hw.datasets.class_list import ClassList, class_list_in
from hawx_hw.datasets.image_files import ENDINGS
from hawx_hw.datasets.label_table import Entry, check_inside, read_table
from hawx_hw.errors import UserError

__all__ = ["TABLE", "Listing", "list_images"]

#: The file of a folder that states labels.
TABLE = "labels.csv"
_OTHER_IMAGES = (".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".ppm", ".pgm")
_HINT = (
    "Give each class a folder, a labels.csv with the fields file and label, or a classes.csv with "
    "the classes that the files are named by."
)


@dataclass(frozen=True)
class Listing:
    """The images of a folder.

    Parameters
    ----------
    root : Path
        The folder, without links.
    name : str
        The data set's.
    entries : tuple of Entry
        In order.
    listed : ClassList or None
        The classes that it lists.
    empty : tuple of str
        Names of folders of classes without an image.
    others : tuple of str
        Files that are no images and of no other use.
    tables : tuple of str
        Files that labels and classes were read from, relative to ``root``.
    """

    root: Path
    name: str
    entries: tuple[Entry, ...]
    listed: ClassList | None = None
    empty: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def list_images(path: Path) -> Listing:
    """The images of a folder, or of a CSV file.

    Parameters
    ----------
    path : Path
        A folder, or a file whose name ends in ``.csv``.

    Raises
    ------
    UserError
        There is none, its structure is none of those above, or a link leaves it.
    """
    try:
        return _listed(path)
    except OSError as error:
        raise UserError(
            f"The folder cannot be read: {error.strerror or error}.",
            where=str(error.filename or path),
        ) from error


def _listed(path: Path) -> Listing:
    if path.is_dir():
        root, table, name = path.resolve(), path / TABLE, f"{path.resolve().name}/"
        if not table.is_file():
            return _Scan(root, name).listing()
    elif path.is_file():
        root, table, name = path.parent.resolve(), path, path.name
    else:
        raise UserError("There is no such file or folder.", where=str(path))
    entries = read_table(table, root)
    listed = class_list_in(root)
    return Listing(root, name, entries, listed, tables=(table.name, *_class_files(root)))


def _class_files(root: Path) -> tuple[str, ...]:
    return tuple(name for name in CLASS_FILES if (root / name).is_file())


class _Scan:
    """Reads the names in a folder."""

    def __init__(self, root: Path, name: str):
        self._root, self._name = root, name
        self._entries: list[Entry] = []
        self._others: list[str] = []
        self._empty: list[str] = []
        self._listed = class_list_in(root)

    def listing(self) -> Listing:
        folders, images = self._contents(self._root)
        parts = {folder: part_of(folder.name) for folder in folders}
        if any(parts.values()):
            self._parts(folders, images)
        else:
            self._part("train", self._root, folders, images)
        if not self._entries:
            raise UserError(
                f"There is no image: no file ends in {', '.join(ENDINGS)}.",
                where=str(self._root),
                hint=_HINT,
            )
        entries = tuple(sorted(self._entries, key=lambda entry: (entry.part, entry.file)))
        return Listing(
            self._root,
            self._name,
            entries,
            self._listed,
            tuple(sorted(self._empty)),
            tuple(sorted(self._others)),
            _class_files(self._root),
        )

    def _parts(self, folders: list[Path], images: list[Path]) -> None:
        by_part: dict[str, Path] = {}
        for folder in folders:
            part = part_of(folder.name)
            if part is None or part in by_part:
                other = by_part.get(part or "", next(f for f in folders if part_of(f.name)))
                raise UserError(
                    f"The folder {folder.name} lies beside {other.name}: a folder has either parts "
                    "or classes.",
                    where=str(self._root),
                    hint="Name the parts train, test and val, and put the classes into them.",
                )
            by_part[part] = folder
        if images:
            raise UserError(
                f"The image {images[0].name} lies beside the folder {folders[0].name}.",
                where=str(self._root),
                hint="Put it into the folder of its class.",
            )
        for part, folder in by_part.items():
            self._part(part, folder, *self._contents(folder))

    def _part(self, part: str, place: Path, folders: list[Path], images: list[Path]) -> None:
        if folders and images:
            raise UserError(
                f"The image {images[0].name} lies beside the folder {folders[0].name}: it has no "
                "class.",
                where=str(place),
                hint=_HINT,
            )
        for image in images:
            self._named_by_class(image, part)
        for folder in folders:
            inner, files = self._contents(folder)
            if inner:
                raise UserError(
                    f"The folder {self._relative(folder)} of a class has the folder "
                    f"{inner[0].name}.",
                    where=str(self._root),
                    hint="Put its images into the folder of the class, or list them in labels.csv.",
                )
            self._entries += [Entry(self._relative(file), folder.name, part) for file in files]
            if not files:
                self._empty.append(folder.name)

    def _named_by_class(self, image: Path, part: str) -> None:
        if self._listed is None:
            raise UserError(
                f"The image {self._relative(image)} has no label.",
                where=str(self._root),
                hint=_HINT,
            )
        self._entries.append(Entry(self._relative(image), image.stem, part))

    def _contents(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """The folders and the images in a folder, sorted; what is neither is noted."""
        folders, images = [], []
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name.startswith("."):
                continue
            path = Path(entry.path)
            self._check(entry, path)
            if entry.is_dir():
                folders.append(path)
            elif path.suffix.lower() in ENDINGS:
                images.append(path)
            else:
                self._other(path)
        return folders, images

    def _check(self, entry: os.DirEntry[str], path: Path) -> None:
        try:
            entry.name.encode()
        except UnicodeEncodeError as error:
            raise UserError(
                f"The name {entry.name!r} is no text in UTF-8.", where=str(self._root)
            ) from error
        if entry.is_symlink():
            check_inside(path, self._root, self._relative(path))

    def _other(self, path: Path) -> None:
        if path.suffix.lower() in _OTHER_IMAGES:
            raise UserError(
                f"{path.suffix} is no format that is read.",
                where=str(path),
                hint="Convert it to PNG, JPEG or WebP.",
            )
        if path.parent != self._root or path.name not in CLASS_FILES:
            self._others.append(self._relative(path))

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()
