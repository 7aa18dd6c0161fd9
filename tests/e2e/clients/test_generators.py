"""Generators of clients accept the document, without options that relax their checks. What they generate compiles."""

from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command
from tests.e2e.clients.processes import find_go

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# The generators in Go by name: their package, their arguments, and the packages that the generated code needs.
_GO_GENERATORS = {
    "oapi-codegen": (
        "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2",
        ["-package", "client", "-generate", "types,client", "-o", "client/client.go", str(DOCUMENT)],
        ["github.com/oapi-codegen/runtime@v1.9.0"],
    ),
    "ogen": (
        "github.com/ogen-go/ogen/cmd/ogen@v1.24.0",
        ["--package", "client", "--target", "client", str(DOCUMENT)],
        ["github.com/ogen-go/ogen@v1.24.0"],
    ),
}


def test_openapi_generator_validates_the_document(openapi_generator: Path) -> None:
    output = run_command(["java", "-jar", openapi_generator, "validate", "--input-spec", DOCUMENT])
    assert "No validation issues detected." in output


@pytest.mark.parametrize("name", _GO_GENERATORS)
def test_generated_go_code_compiles(name: str, tmp_path: Path) -> None:
    generator, arguments, requirements = _GO_GENERATORS[name]
    go = find_go()
    (tmp_path / "client").mkdir()
    run_command([go, "install", generator], tmp_path, GOBIN=str(tmp_path))
    run_command([tmp_path / name, *arguments], tmp_path)
    run_command([go, "mod", "init", "client"], tmp_path)
    run_command([go, "get", *requirements], tmp_path)
    run_command([go, "mod", "tidy"], tmp_path)
    run_command([go, "vet", "./..."], tmp_path)
