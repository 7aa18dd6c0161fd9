"""MiniStack is saved after each change, and neither without a change nor more often than needed."""

import asyncio
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devstack import autosave, snapshots
from devstack.autosave import Autosave

if TYPE_CHECKING:
    from collections.abc import Mapping

_GET_ITEM, _PUT_ITEM = "DynamoDB_20120810.GetItem", "DynamoDB_20120810.PutItem"


class FakeMiniStack:
    """A stand-in for MiniStack with one service, whose state is the number of requests. It records its saves."""

    def __init__(self) -> None:
        self.requests = 0
        self.copies = 0
        self.failures = 0
        self.saves: list[Mapping[str, Any]] = []
        self.ends = asyncio.Event()
        self.autosave = Autosave(self._serve, lambda: {"sqs": self._get_state, "s3": lambda: None}, self.saves.append)

    async def _serve(self, scope: Any, _: object, __: object) -> None:
        if scope["type"] == "lifespan":
            await self.ends.wait()
        else:
            self.requests += 1

    def _get_state(self) -> int:
        self.copies += 1
        if self.failures:
            self.failures -= 1
            raise RuntimeError("dictionary changed size during iteration")
        return self.requests

    async def start(self) -> "asyncio.Task[None]":
        task = asyncio.create_task(self.autosave({"type": "lifespan"}, None, None))
        await asyncio.sleep(0)
        return task

    async def send(self, method: str = "POST", target: str = _PUT_ITEM) -> None:
        headers = [(b"x-amz-target", target.encode())] if target else []
        await self.autosave({"type": "http", "method": method, "headers": headers}, None, None)

    async def wait_for_save(self, count: int) -> None:
        while len(self.saves) < count:  # noqa: ASYNC110 -- the list has no event
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "_MIN_INTERVAL_SECONDS", 0.0)


@pytest.mark.anyio
async def test_change_is_saved_while_ministack_runs() -> None:
    fake = FakeMiniStack()
    task = await fake.start()
    await fake.send()
    await fake.wait_for_save(1)
    assert fake.saves == [{"sqs": 1}]
    await fake.send()
    await fake.wait_for_save(2)
    assert fake.saves[1] == {"sqs": 2}
    assert not fake.autosave.has_ended
    fake.ends.set()
    await task
    assert fake.autosave.has_ended


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", ""),
        ("OPTIONS", ""),
        ("POST", _GET_ITEM),
        ("POST", "DynamoDB_20120810.TransactGetItems"),
        ("POST", "AmazonSQS.ReceiveMessage"),
        ("POST", "AWSCognitoIdentityProviderService.AdminGetUser"),
    ],
)
async def test_read_is_not_saved(method: str, target: str) -> None:
    fake = FakeMiniStack()
    task = await fake.start()
    await fake.send(method, target)
    await asyncio.sleep(0)  # A save copies the state now.
    assert fake.copies == 0
    await fake.send()
    await asyncio.sleep(0)
    assert fake.copies == 1
    fake.ends.set()
    await task


@pytest.mark.anyio
async def test_failed_save_is_logged_and_repeated(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeMiniStack()
    fake.failures = 1
    task = await fake.start()
    with caplog.at_level(logging.ERROR):
        await fake.send()
        await fake.wait_for_save(1)
    assert fake.saves == [{"sqs": 1}]
    assert "The state could not be saved." in caplog.text
    fake.ends.set()
    await task


def test_slow_saves_take_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "_MIN_INTERVAL_SECONDS", 1.0)
    assert autosave.choose_pause(0.02) == 1
    assert autosave.choose_pause(3) == pytest.approx(60)


class TestSnapshot:
    def test_restore_writes_the_files_of_all_services(self, tmp_path: Path) -> None:
        snapshot, folder = tmp_path / "snapshot.json", tmp_path / "state"
        snapshots.write(snapshot, {"sqs": {"queues": b"\x00"}, "cognito": {}})
        snapshots.restore(snapshot, folder)
        assert json.loads((folder / "sqs.json").read_text()) == {
            "__ministack_format__": 2,
            "payload": {"queues": {"__bytes__": "AA=="}},
        }
        assert sorted(file.name for file in folder.iterdir()) == ["cognito.json", "sqs.json"]
        assert snapshot.exists()

    def test_start_after_a_normal_end_changes_no_file(self, tmp_path: Path) -> None:
        snapshots.restore(tmp_path / "snapshot.json", tmp_path / "state")
        assert list(tmp_path.iterdir()) == []

    def test_failed_write_keeps_the_last_snapshot(self, tmp_path: Path) -> None:
        snapshot = tmp_path / "snapshot.json"
        snapshots.write(snapshot, {"sqs": 1})
        with pytest.raises(TypeError):
            snapshots.write(snapshot, {"sqs": object()})
        assert json.loads(snapshot.read_text())["sqs"]["payload"] == 1
