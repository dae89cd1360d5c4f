"""Checks project.py as far as SiliconCompiler goes without a kit and OpenROAD.

Run by the Python of an environment that has siliconcompiler, in the folder of project.py:

    python check_project.py

It writes check_project.json: versions, whether the manifest of the project and the paths of the
design are right, what the lint with slang counted, and the files that slang read. The status of the
lint is no evidence: it is 0 for Verilog that does not elaborate.
"""

import importlib.metadata
import json
from pathlib import Path

from siliconcompiler import Flowgraph, Lint
from siliconcompiler.tools.slang.lint import Lint as SlangLint

FILES = "files_read.json"


class RecordedLint(SlangLint):
    """The lint, which also writes down which files slang has read."""

    def run(self):
        status = super().run()
        manager = self._driver.sourceManager
        paths = {str(manager.getFullPath(each)) for each in manager.getAllBuffers()}
        Path(FILES).write_text(json.dumps(sorted(paths)), "utf-8")
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
    job = lint.run()
    for metric in ("errors", "warnings"):
        answer[metric] = job.get("metric", metric, step="lint", index="0")
    (record,) = (folder / "build").rglob(FILES)
    read = [Path(path) for path in json.loads(record.read_text("utf-8"))]
    answer["read"] = sorted(
        str(path.relative_to(folder)) for path in read if path.is_relative_to(folder)
    )
    (folder / "check_project.json").write_text(
        json.dumps(answer, indent=1, sort_keys=True) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
