"""Names of layers: identifiers, made from whatever a file calls them."""

from __future__ import annotations

import re

__all__ = ["Names"]

_LONGEST = 60


class Names:
    """Gives each layer a name of its own: letters, digits and ``_``, beginning with a letter.

    Names of layers become keys of a config and names in Verilog, which differ in more than case.

    Parameters
    ----------
    taken : str
        Names that no layer may have.
    """

    def __init__(self, *taken: str):
        self._taken = {name.lower() for name in taken}

    def add(self, label: str, otherwise: str = "layer") -> str:
        """A new name.

        Parameters
        ----------
        label : str
            What the file calls the layer; anything.
        otherwise : str
            The name where nothing of the label can be used, such as the layer's kind.
        """
        stem = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")[-_LONGEST:].strip("_")
        if not stem:
            stem = otherwise
        if not stem[0].isalpha():
            stem = f"{otherwise}_{stem}"
        name, number = stem, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{stem}_{number}"
        self._taken.add(name.lower())
        return name
