"""Blocks are written only before the write deadline. Their export and erasure need no other member's data."""

import time
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.errors import InvalidCursorError, UnavailableError
from app.members.block_data import BlockData
from app.settings import Settings
from testkit.members import make_author


@pytest.fixture
def container(settings: Settings) -> Container:
    return Container(settings)


def test_no_block_is_written_after_the_write_deadline(container: Container) -> None:
    late_member = replace(make_author("kay"), write_deadline=time.monotonic())
    for write in (container.blocks.add, container.blocks.remove):
        with pytest.raises(UnavailableError):
            write(late_member, "lee")
    assert not container.blocks.has_row(late_member.id)


def test_unblock_without_blocks_writes_no_row(container: Container) -> None:
    kay = make_author("kay")
    container.blocks.remove(kay, "lee")
    assert not container.blocks.has_row(kay.id)


def test_erasure_deletes_a_row_without_handles_and_ends(container: Container) -> None:
    kay, data = make_author("kay"), BlockData(container.blocks)
    container.blocks.add(kay, "lee")
    container.blocks.remove(kay, "lee")
    (delete_row,) = data.erase(kay, 25)
    delete_row()
    assert not data.erase(kay, 25)


def test_export_has_each_handle_once(container: Container) -> None:
    kay, data = make_author("kay"), BlockData(container.blocks)
    for handle in ("zoe", "lee", "max"):
        container.blocks.add(kay, handle)
    parts = [data.export(kay, 2, data.first_position)]
    assert parts[0].next_position is not None
    parts.append(data.export(kay, 2, parts[0].next_position))
    assert [part.sections["blocks"] for part in parts] == [["lee", "max"], ["zoe"]]
    assert parts[1].next_position is None


@pytest.mark.parametrize("position", ["x", "a" * 2000, "\0"])
def test_position_without_the_form_of_a_handle_is_invalid(position: str, container: Container) -> None:
    with pytest.raises(InvalidCursorError):
        BlockData(container.blocks).export(make_author(), 2, position)
