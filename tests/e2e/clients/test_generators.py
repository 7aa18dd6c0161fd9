"""Generators of clients accept the document, without options that relax their checks."""

from pathlib import Path

import pytest

from testkit.operations import DOCUMENT
from testkit.processes import run_command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_OPENAPI_GENERATOR = "org.openapitools:openapi-generator-cli:7.17.0"


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
