"""The images contain the app, its packages and nothing else. Only root can change them."""

import json
import re
import struct
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.conftest import Figures
from tests.infrastructure.contents import Contents
from tests.infrastructure.image import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# The folders of the repository and the packages that only development and tests need.
_DEVELOPMENT_ONLY = {
    *("benchmarks", "devstack", "scripts", "testkit", "tests"),
    *("httpx", "pytest", "_pytest", "moto", "ministack", "dotenv", "pip", "setuptools", "bin"),
}
_UNCHECKED_HASH = 1  # https://peps.python.org/pep-0552/#specification
_MAX_BYTES = 60e6


@pytest.fixture
def function(function_image: Image) -> Contents:
    services = ["cognito-idp", "dynamodb", "secretsmanager", "sqs"]
    return Contents.from_image(function_image, "/var/task", "runtime", services)


@pytest.fixture
def server(server_image: Image) -> Contents:
    return Contents.from_image(server_image, "/srv/dwipper", "server", ["cognito-idp", "dynamodb", "sqs", "sts"])


@pytest.fixture(params=["function", "server"])
def contents(request: pytest.FixtureRequest) -> Contents:
    contents: Contents = request.getfixturevalue(request.param)
    return contents


@pytest.fixture
def base(request: pytest.FixtureRequest, contents: Contents) -> str:
    """Return the name of the base image."""
    name: str = request.getfixturevalue("function_base" if contents.lock == "runtime" else "server_base")
    return name


class TestFiles:
    def test_image_has_all_files_of_the_app(self, contents: Contents) -> None:
        files = (file for file in (ROOT / "app").rglob("*") if file.is_file() and file.suffix != ".pyc")
        expected = {str(file.relative_to(ROOT / "app")) for file in files}
        assert "lambda_handler.py" in expected
        assert {name for name in contents.list_files("app") if not name.endswith(".pyc")} == expected

    def test_image_has_no_tests_and_no_development_tools(self, contents: Contents) -> None:
        assert not _DEVELOPMENT_ONLY & {path.stem for path in contents.folder.iterdir()}

    def test_function_image_has_no_uvicorn(self, function: Contents) -> None:
        assert "uvicorn" not in {path.stem for path in function.folder.iterdir()}

    def test_files_of_the_base_image_are_unchanged(self, contents: Contents, base: str) -> None:
        base_states = Image.from_name(contents.image.buildah, base).initial_states
        changed = {path for path, _ in base_states.items() ^ contents.image.initial_states.items()}
        folder = contents.folder.relative_to(contents.image.root)
        assert {path for path in changed if not path.is_relative_to(folder)} == set()

    def test_files_are_readable_by_all_and_writable_by_root_only(self, contents: Contents) -> None:
        for path in (contents.folder, *contents.list_paths()):
            state = path.lstat()
            assert (state.st_uid, state.st_gid) == (0, 0), path
            assert not state.st_mode & 0o022, path
            assert state.st_mode & 0o004, path

    def test_size_is_below_the_limit(self, contents: Contents, figures: Figures) -> None:
        sizes = contents.measure_sizes()
        packages = sorted(contents.list_installed().items())
        figures("packages", ", ".join(f"{name} {version}" for name, version in packages))
        total = sum(path.lstat().st_size for path in contents.list_paths() if path.is_file())
        figures("MB above the base image", _format_megabytes(total))
        for name in sorted(sizes, key=lambda name: -sizes[name])[:10]:
            figures(f"MB of {name}", _format_megabytes(sizes[name]))
        assert sum(sizes.values()) < _MAX_BYTES


class TestPackages:
    def test_installed_packages_equal_the_lock_file(self, contents: Contents) -> None:
        assert contents.list_installed() == contents.list_locked()

    def test_modules_have_bytecode_that_ignores_the_source(self, contents: Contents) -> None:
        tag = "cpython-" + "".join(contents.read_python_version().split(".")[:2])
        sources = [Path(name) for name in contents.list_files(suffix=".py")]
        bytecode = contents.list_files(suffix=".pyc")
        assert bytecode == {str(source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc") for source in sources}
        for name in bytecode:
            _magic, flags = struct.unpack("<4sL", (contents.folder / name).read_bytes()[:8])
            assert flags == _UNCHECKED_HASH, name

    def test_botocore_has_only_the_required_services(self, contents: Contents) -> None:
        data = contents.folder / "botocore" / "data"
        assert {path.name for path in data.iterdir() if path.is_dir()} == contents.services
        shared = {"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"}
        assert shared <= contents.list_files("botocore/data")
        partitions = json.loads((data / "endpoints.json").read_text())["partitions"]
        assert {name for partition in partitions for name in partition["services"]} == contents.services
        assert "us-gov-west-1" in {region for partition in partitions for region in partition["regions"]}

    def test_definitions_of_services_are_quick_to_read(self, contents: Contents) -> None:
        definitions = list((contents.folder / "botocore" / "data").rglob("service-2.json*"))
        assert len(definitions) == len(contents.services)
        for definition in definitions:
            assert definition.suffix == ".json", "compressed"
            assert "documentation" not in json.loads(definition.read_text())["operations"].popitem()[1]

    def test_fastapi_finds_no_first_version_of_pydantic(self, contents: Contents) -> None:
        assert not (contents.folder / "pydantic" / "v1").exists()

    def test_boto3_clients_are_created_without_a_network(self, contents: Contents) -> None:
        script = """if True:
            import boto3, sys
            from app.aws.clients import cognito_client, dynamodb_client, sqs_client
            clients = [create("eu-central-1") for create in (cognito_client, dynamodb_client, sqs_client)]
            clients += [boto3.client(service, region_name="eu-central-1") for service in sys.argv[1:]]
            print(*{client.meta.service_model.service_name for client in clients})
        """
        output = contents.image.run_offline("python3", "-c", script, *contents.services, user="993:990")
        assert set(output.split()) == contents.services

    def test_every_module_of_the_app_can_be_imported(self, contents: Contents) -> None:
        script = """if True:
            import app, importlib, pkgutil
            names = [module.name for module in pkgutil.walk_packages(app.__path__, "app.")]
            for name in ("lambda_handler", "worker_handler"): names.remove(f"app.{name}")  # They require the settings.
            for name in names: importlib.import_module(name)
            print(len(names))
        """
        assert int(contents.image.run_offline("python3", "-c", script, user="993:990")) > 40


class TestConfiguration:
    def test_python_version_matches_the_dockerfile(self, contents: Contents) -> None:
        dockerfile = (ROOT / "Dockerfile").read_text()
        versions = re.findall(r"^FROM \S+/python:([\d.]+)", dockerfile, re.MULTILINE)
        assert {f"{version}." for version in versions} == {re.sub(r"\d+$", "", contents.read_python_version())}

    def test_labels_name_title_license_and_version(self, contents: Contents) -> None:
        labels = contents.image.config["Labels"]
        assert labels["org.opencontainers.image.title"].startswith("dwipper")
        assert labels["org.opencontainers.image.licenses"] == "MIT"
        assert labels["org.opencontainers.image.version"] == "1.2.3-proof"

    def test_function_image_passes_the_handler_to_the_entry_point(self, function: Contents) -> None:
        assert function.image.command == ["/lambda-entrypoint.sh", "app.lambda_handler.handler"]
        assert not function.image.config["User"], "the image sets a user, but Lambda chooses it"


def _format_megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"
