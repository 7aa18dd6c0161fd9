"""The images hold what they need, and nothing else; nobody but root can change it."""

import json
import re
import struct
from pathlib import Path

import pytest

from devstack.api import ROOT
from tests.conftest import Figures
from tests.infrastructure.contents import Contents
from tests.infrastructure.image import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FOR_A_LAPTOP = {"tests", "httpx", "pytest", "_pytest", "moto", "ministack", "dotenv", "pip", "setuptools", "bin"}
_UNCHECKED_HASH = 1  # https://peps.python.org/pep-0552/#specification


@pytest.fixture
def function(function_image: Image) -> Contents:
    return Contents.of(function_image, "/var/task", "runtime", ["cognito-idp", "dynamodb"])


@pytest.fixture
def server(server_image: Image) -> Contents:
    return Contents.of(server_image, "/srv/dwipper", "server", ["cognito-idp", "dynamodb", "sts"])


@pytest.fixture(params=["function", "server"])
def contents(request: pytest.FixtureRequest) -> Contents:
    contents: Contents = request.getfixturevalue(request.param)
    return contents


@pytest.fixture
def base(request: pytest.FixtureRequest, contents: Contents) -> str:
    """The name of the image that this one is based on."""
    name: str = request.getfixturevalue("function_base" if contents.lock == "runtime" else "server_base")
    return name


def test_of_the_app_it_carries_all_but_what_is_for_a_laptop(contents: Contents) -> None:
    files = (file for file in (ROOT / "app").rglob("*") if file.is_file() and file.suffix != ".pyc")
    ours = {str(file.relative_to(ROOT / "app")) for file in files}
    deployed = {name for name in ours if not name.startswith("local/") and name != "spec.py"}
    assert deployed < ours
    assert {name for name in contents.names("app") if not name.endswith(".pyc")} == deployed


def test_it_carries_no_tests_and_nothing_that_serves_a_laptop(contents: Contents) -> None:
    assert not _FOR_A_LAPTOP & {path.stem for path in contents.folder.iterdir()}


def test_the_function_carries_no_server(function: Contents) -> None:
    assert "uvicorn" not in {path.stem for path in function.folder.iterdir()}


def test_its_packages_are_those_of_the_lock_file(contents: Contents) -> None:
    assert contents.packages() == contents.locked()


def test_nothing_else_of_the_base_is_touched(contents: Contents, base: str) -> None:
    before = Image.of(contents.image.buildah, base).untouched
    changed = {path for path, _ in before.items() ^ contents.image.untouched.items()}
    ours = contents.folder.relative_to(contents.image.root)
    assert {path for path in changed if not path.is_relative_to(ours)} == set()


def test_only_root_could_change_it_and_everybody_can_read_it(contents: Contents) -> None:
    for path in (contents.folder, *contents.all()):
        state = path.lstat()
        assert (state.st_uid, state.st_gid) == (0, 0), path
        assert not state.st_mode & 0o022, path
        assert state.st_mode & 0o004, path


def test_all_is_compiled_by_its_python_and_never_compared_with_the_source(contents: Contents) -> None:
    tag = "cpython-" + "".join(contents.python().split(".")[:2])
    sources = [Path(name) for name in contents.names(suffix=".py")]
    compiled = contents.names(suffix=".pyc")
    assert compiled == {str(source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc") for source in sources}
    for name in compiled:
        _magic, flags = struct.unpack("<4sL", (contents.folder / name).read_bytes()[:8])
        assert flags == _UNCHECKED_HASH, name


def test_botocore_knows_the_services_that_it_is_asked_for_and_no_others(contents: Contents) -> None:
    data = contents.folder / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == contents.services
    assert {"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"} <= contents.names(
        "botocore/data"
    )
    partitions = json.loads((data / "endpoints.json").read_text())["partitions"]
    assert {name for partition in partitions for name in partition["services"]} == contents.services
    assert "us-gov-west-1" in {region for partition in partitions for region in partition["regions"]}


def test_its_clients_can_be_made_without_a_network(contents: Contents) -> None:
    script = """if True:
        import boto3, sys
        from app.aws import cognito_client, dynamodb_client
        clients = [dynamodb_client("eu-central-1"), cognito_client("eu-central-1")]
        clients += [boto3.client(service, region_name="eu-central-1") for service in sys.argv[1:]]
        print(*{client.meta.service_model.service_name for client in clients})
    """
    printed = contents.image.prints("python3", "-c", script, *contents.services, user="993:990")
    assert set(printed.split()) == contents.services


def test_every_module_of_the_app_finds_what_it_imports(contents: Contents) -> None:
    script = """if True:
        import app, importlib, pkgutil
        names = [module.name for module in pkgutil.walk_packages(app.__path__, "app.")]
        names.remove("app.lambda_handler")  # It wants settings at once.
        for name in names: importlib.import_module(name)
        print(len(names))
    """
    assert int(contents.image.prints("python3", "-c", script, user="993:990")) > 40


def test_its_python_is_the_one_that_it_is_made_for(contents: Contents) -> None:
    bases = re.findall(r"^ARG \w*BASE_IMAGE=.*/python:([\d.]+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {f"{version}." for version in bases} == {re.sub(r"\d+$", "", contents.python())}


def test_it_says_what_it_is(contents: Contents) -> None:
    labels = contents.image.config["Labels"]
    assert labels["org.opencontainers.image.title"].startswith("dwipper")
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert labels["org.opencontainers.image.version"] == "1.2.3-proof"


def test_the_function_runs_the_handler_as_the_base_wants_it(function: Contents) -> None:
    assert function.image.command == ["/lambda-entrypoint.sh", "app.lambda_handler.handler"]
    assert not function.image.config["User"], "Lambda chooses it"


def test_how_large_it_is(contents: Contents, figures: Figures) -> None:
    sizes = contents.sizes()
    figures("packages", ", ".join(f"{name} {version}" for name, version in sorted(contents.packages().items())))
    figures("MB above the base", _megabytes(sum(path.lstat().st_size for path in contents.all() if path.is_file())))
    for name in sorted(sizes, key=lambda name: -sizes[name])[:10]:
        figures(f"MB of {name}", _megabytes(sizes[name]))
    assert sum(sizes.values()) < 60e6


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"
