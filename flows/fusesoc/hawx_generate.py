"""Generator for FuseSoC: builds an accelerator from a config of hawx, and writes its core.

FuseSoC starts it in an empty folder, with the path of a YAML file. Needs PyYAML or ruamel.yaml, one
of which comes with FuseSoC and with hawx.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Where the core and its files are, in the folder that FuseSoC gives.
CORE = "accelerator"
WORK = "hawx"


def main() -> None:
    request = read_yaml(Path(sys.argv[1]))
    parameters = request.get("parameters") or {}
    root = Path(request["files_root"])
    config = config_file(parameters, root, request["vlnv"])
    options = (f"core={request['vlnv']}", "generator=false")
    command = [*hawx(), "flow", "fusesoc", str(config), "--setup-only", "--build", WORK]
    for option in options:
        command += ["--option", option]
    status = subprocess.run(command, check=False).returncode
    if status:
        sys.exit(f"hawx ended with status {status}")
    (folder,) = Path(WORK).glob("*/flows/fusesoc")
    shutil.copytree(folder, CORE)
    shutil.rmtree(WORK)


def config_file(parameters: dict, root: Path, vlnv: str) -> Path:
    """The config: the file that the parameters name, or the parameters themselves."""
    if "config" in parameters:
        if len(parameters) > 1:
            others = ", ".join(sorted(set(parameters) - {"config"}))
            sys.exit(f"Parameter config names a file, so that there can be no {others}.")
        return root / parameters["config"]
    name = vlnv.split(":")[2].replace(".", "_")
    path = Path("config.yaml").absolute()
    # JSON is YAML.
    content = json.dumps({"name": name, **located(parameters, root)}, indent=2)
    path.write_text(content, encoding="utf-8")
    return path


def located(value: object, root: Path) -> object:
    """The value with texts that begin with ./ or ../ as absolute paths."""
    if isinstance(value, dict):
        return {key: located(one, root) for key, one in value.items()}
    if isinstance(value, list):
        return [located(one, root) for one in value]
    if isinstance(value, str) and value.startswith(("./", "../")):
        return os.path.normpath(root / value)
    return value


def hawx() -> list:
    """The command that starts hawx."""
    if importlib.util.find_spec("hawx_hw") is not None:
        return [sys.executable, "-m", "hawx_hw"]
    program = shutil.which("hawx")
    if program is None:
        sys.exit(f"hawx is neither installed for {sys.executable} nor a program in PATH.")
    return [program]


def read_yaml(path: Path) -> dict:
    with path.open(encoding="utf-8") as file:
        try:
            import yaml
        except ImportError:
            from ruamel.yaml import YAML

            return YAML(typ="safe").load(file)
        return yaml.safe_load(file)


if __name__ == "__main__":
    main()
