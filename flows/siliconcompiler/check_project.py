"""Checks project.py as far as SiliconCompiler goes without a kit and OpenROAD.

Run by the Python of an environment that has siliconcompiler, in the folder of project.py:

    python check_project.py

It writes check_project.json: versions, whether the manifest of the project and the paths of the
design are right, what the lint with slang counted, and the files that slang read.
"""

import contextlib
import importlib.metadata
import json
from pathlib import Path

from siliconcompiler import Flowgraph, Lint
from siliconcompiler.tools.slang.lint import Lint as SlangLint

RECORD = "hawx_lint.json"


class RecordedLint(SlangLint):
    """The lint, which also writes down what slang has read and counted."""

    def run(self):
        status = super().run()
        manager, engine = self._driver.sourceManager, self._driver.diagEngine
        paths = {str(manager.getFullPath(each)) for each in manager.getAllBuffers()}
        record = {"read": sorted(paths), "errors": engine.numErrors, "warnings": engine.numWarnings}
        Path(RECORD).write_text(json.dumps(record), "utf-8")
        return status


def main() -> None:
    """Write check_project.json."""
    import project

    folder = Path.cwd()
    whole = project.project()
    answer = {
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("siliconcompiler", "lambdapdk", "pyslang")
        },
        "manifest": bool(whole.check_manifest()),
        "libraries": sorted(whole.get("asic", "asiclib")),
        "filesets": list(whole.get("option", "fileset")),
    }
    design = whole.design
    (folder / "build").mkdir(exist_ok=True)  # a path of the project's, which must exist
    lint = Lint(design)
    lint.add_fileset("rtl")
    flow = Flowgraph("recorded_lint")
    flow.node("lint", RecordedLint())
    lint.set_flow(flow)
    answer["paths"] = bool(lint.check_filepaths())
    answer["constraints"] = [
        Path(path).name for path in design.get_file(fileset="sdc", filetype="sdc")
    ]
    # It raises where slang counts an error; the record has the number.
    with contextlib.suppress(RuntimeError):
        lint.run()
    for path in (folder / "build").rglob(RECORD):
        record = json.loads(path.read_text("utf-8"))
        read = [Path(each) for each in record.pop("read")]
        answer |= record
        answer["read"] = sorted(
            str(each.relative_to(folder)) for each in read if each.is_relative_to(folder)
        )
    (folder / "check_project.json").write_text(
        json.dumps(answer, indent=1, sort_keys=True) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
