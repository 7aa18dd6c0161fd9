"""Generators of clients accept the document, without options that relax their checks. What they generate compiles."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_OPENAPI_GENERATOR = "org.openapitools:openapi-generator-cli:7.17.0"
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
_SEARCH_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


@pytest.fixture(scope="module")
def openapi_generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program of openapi-generator, from Maven Central."""
    folder = tmp_path_factory.mktemp("openapi-generator")
    run_command(["mvn", "-q", "-B", _COPY_GOAL, f"-Dartifact={_OPENAPI_GENERATOR}", f"-DoutputDirectory={folder}"])
    (program,) = folder.glob("*.jar")
    return program


def test_openapi_generator_validates_the_document(openapi_generator: Path) -> None:
    output = run_command(["java", "-jar", openapi_generator, "validate", "--input-spec", DOCUMENT])
    assert "No validation issues detected." in output


@pytest.mark.parametrize("name", _GO_GENERATORS)
def test_generated_go_code_compiles(name: str, tmp_path: Path) -> None:
    generator, arguments, requirements = _GO_GENERATORS[name]
    go = shutil.which("go", path=_SEARCH_PATH)
    assert go, "go is missing. `make test-infra` installs it."
    (tmp_path / "client").mkdir()
    run_command([go, "install", generator], tmp_path, GOBIN=str(tmp_path))
    run_command([tmp_path / name, *arguments], tmp_path)
    run_command([go, "mod", "init", "client"], tmp_path)
    run_command([go, "get", *requirements], tmp_path)
    run_command([go, "mod", "tidy"], tmp_path)
    run_command([go, "vet", "./..."], tmp_path)
