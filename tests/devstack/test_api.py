"""The API runs under uvicorn with the local env file."""

import subprocess
import sys
from pathlib import Path

from devstack.api import make_uvicorn_command, wait_until_listening
from devstack.app_process import AppProcess


class TestUvicornCommand:
    def test_env_file_is_the_only_local_argument(self) -> None:
        arguments = " ".join(make_uvicorn_command(8001, Path(".local/env"), reload=False)[1:])
        assert arguments.startswith("-m uvicorn app.main:app --env-file .local/env --host 127.0.0.1 --port 8001")
        assert "--reload" not in arguments

    def test_reload_looks_only_at_the_app_and_once_a_second(self) -> None:
        *_, flag, folder, delay_flag, seconds = make_uvicorn_command(8001, Path(".local/env"), reload=True)
        assert (flag, Path(folder).name) == ("--reload-dir", "app")
        assert (delay_flag, seconds) == ("--reload-delay", "1")


class TestWaitUntilListening:
    def test_wait_ends_once_the_port_is_listening(self, busy_port: int) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            wait_until_listening(AppProcess("API", process), busy_port)
            process.communicate(b"\n")
        assert process.returncode == 0

    def test_wait_ends_with_the_process(self, free_port: int) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            wait_until_listening(AppProcess("API", process), free_port)
            assert process.returncode == 0
