"""The API runs under uvicorn with the local env file, and its end is reported once."""

import subprocess
import sys
from pathlib import Path

from devstack.api import Api, make_uvicorn_command


class TestUvicornCommand:
    def test_env_file_is_the_only_local_argument(self) -> None:
        arguments = " ".join(make_uvicorn_command(8001, Path(".local/env"), reload=False)[1:])
        assert arguments.startswith("-m uvicorn app.main:app --env-file .local/env --host 127.0.0.1 --port 8001")
        assert "--reload" not in arguments

    def test_reload_watches_only_the_app(self) -> None:
        *_, flag, folder = make_uvicorn_command(8001, Path(".local/env"), reload=True)
        assert (flag, Path(folder).name) == ("--reload-dir", "app")


class TestApi:
    def test_exit_is_reported_once(self, free_port: int) -> None:
        process = subprocess.Popen([sys.executable, "-c", "input(); raise SystemExit(7)"], stdin=subprocess.PIPE)
        api = Api(free_port, process)
        assert api.pop_exit_message() is None
        process.communicate(b"\n")
        api.wait_until_listening()
        assert "exit code 7; the embedded AWS stays up" in str(api.pop_exit_message())
        assert api.pop_exit_message() is None

    def test_wait_ends_once_the_port_is_listening(self, busy_port: int) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            Api(busy_port, process).wait_until_listening()
            process.communicate(b"\n")
        assert process.returncode == 0
