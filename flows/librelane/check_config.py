"""Checks config.json with LibreLane's own types of all variables of its flow, without a kit.

Run by the Python of an environment that has librelane, in the folder of config.json:

    python check_config.py

It writes check_config.json: LibreLane's version, its errors and warnings, and the values of the
design's variables as LibreLane resolved them. Variables that a process design kit sets are taken as
optional, and the kit's files that the config names are stood in for by empty ones.
"""

import dataclasses
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any, Optional

from librelane.__version__ import __version__
from librelane.common import Path as LibreLanePath
from librelane.config import Config, InvalidConfig
from librelane.flows import Flow

PREFIX = "pdk_dir::"


def kit_files(value: Any) -> set:
    """The files of the kit that a part of the config names."""
    if isinstance(value, str):
        return {value[len(PREFIX) :]} if value.startswith(PREFIX) else set()
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(kit_files, parts))


class Warnings(logging.Handler):
    """Collects what LibreLane warns of, such as variables that it no longer has."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.texts.append(record.getMessage())


def plain(value: Any, folder: Path) -> Any:
    """A value of LibreLane's as JSON; paths relative to the folder."""
    if dataclasses.is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, (Path, LibreLanePath)):
        path = Path(str(value))
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name
    if isinstance(value, dict):
        return {str(key): plain(each, folder) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, folder) for each in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def main() -> None:
    """Write check_config.json."""
    folder = Path.cwd()
    raw = json.loads((folder / "config.json").read_text("utf-8"))
    flow = Flow.factory.get(raw["meta"]["flow"])
    variables = flow.get_all_config_variables(flow)
    # LibreLane looks at types through typing, which does not take "| None" for all of them.
    known = [
        dataclasses.replace(each, type=Optional[each.type]) if each.pdk else each  # noqa: UP045
        for each in variables
    ]
    answer = {"librelane": __version__, "variables": len(known), "errors": []}
    files = sorted(kit_files(raw))
    warnings = Warnings()
    logging.getLogger("__librelane__").addHandler(warnings)
    with tempfile.TemporaryDirectory() as root:
        kit = Path(root) / raw["PDK"]
        kit.mkdir()
        for name in files:
            (kit / name).parent.mkdir(parents=True, exist_ok=True)
            (kit / name).touch()
        try:
            config, _ = Config.load(
                str(folder / "config.json"), known, pdk_root=root, _load_pdk_configs=False
            )
            answer["values"] = {key: plain(config.get(key), folder) for key in raw if key != "meta"}
        except InvalidConfig as error:
            answer["errors"] = list(error.errors)
            warnings.texts += error.warnings
    answer["warnings"] = warnings.texts
    answer["kit_files"] = files
    (folder / "check_config.json").write_text(
        json.dumps(answer, indent=1, sort_keys=True) + "\n", "utf-8"
    )
    sys.stdout.writelines(f"error: {error}\n" for error in answer["errors"])
    sys.exit(1 if answer["errors"] else 0)


if __name__ == "__main__":
    main()
