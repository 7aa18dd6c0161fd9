import subprocess
import sys
from pathlib import Path

from devstack.api import Api, command


def test_nothing_but_the_env_file_is_local() -> None:
    typed = " ".join(command(8001, Path(".local/env"), reload=False)[1:])
    assert typed.startswith("-m uvicorn app.main:app --env-file .local/env --host 127.0.0.1 --port 8001")
    assert "--reload" not in typed


def test_reloading_looks_at_the_app_alone() -> None:
    *_, flag, folder = command(8001, Path(".local/env"), reload=True)
    assert (flag, Path(folder).name) == ("--reload-dir", "app")


def test_its_death_is_told_once(free_port: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input(); raise SystemExit(7)"], stdin=subprocess.PIPE)
    served = Api(free_port, process)
    assert served.obituary() is None
    process.communicate(b"\n")
    served.wait()
    assert "exit code 7; the embedded AWS stays up" in str(served.obituary())
    assert served.obituary() is None


def test_whoever_waits_for_it_goes_on_once_it_listens(busy_port: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        Api(busy_port, process).wait()
        process.communicate(b"\n")
    assert process.returncode == 0
