"""docs/openapi.yaml: it parses, every reference leads somewhere, nothing in it is unused, and its version is ours. That it names
exactly the routes that are served is tested beside the table of routes (tests/unit/adapter/api/routes_test.cpp)."""
import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = {"get", "put", "post", "delete"}


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = node.values()
    elif not isinstance(node, list):
        return
    for child in node:
        yield from references(child)


def at(document, reference):
    assert reference.startswith("#/"), reference
    for step in reference[2:].split("/"):
        document = document[step]
    return document


def test_every_reference_leads_somewhere(document):
    used = set(references(document))
    for reference in used:
        assert at(document, reference), reference
    for kind in ("schemas", "responses", "parameters", "requestBodies"):
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name} is used nowhere"


def test_every_operation_says_what_it_is(document):
    names = []
    for path, item in document["paths"].items():
        operations = {method: operation for method, operation in item.items() if method in METHODS}
        assert operations and set(item) <= METHODS | {"parameters"}, path
        assert ("{id}" in path) == ({"$ref": "#/components/parameters/Id"} in item.get("parameters", [])), path
        for method, operation in operations.items():
            names.append(operation["operationId"])
            assert operation["summary"].endswith("."), (method, path)
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, (method, path)
            assert any(str(status).startswith("2") for status in operation["responses"]), (method, path)
    assert len(names) == len(set(names))


def test_version_is_ours(document):
    version = re.search(r'define TRIBUTE_VERSION "(.*)"', (ROOT / "include/tribute/version.hpp").read_text())[1]
    assert document["info"]["version"] == version
