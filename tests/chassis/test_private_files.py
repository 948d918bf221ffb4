"""Files that hold secrets are private, whole and durable."""

import stat

import pytest

from chassis.private_files import create_private, read_private, replace_private
from isp.errors import ExitCode, Refused


@pytest.fixture
def path(tmp_path):
    """Where the file is to be, in a folder that is not there yet."""
    return tmp_path / "data/keys"


def test_a_new_file_is_private_and_leaves_no_draft(path):
    replace_private(path, "secret\n")

    assert "secret\n" == read_private(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(path.parent.iterdir())


def test_creating_never_overwrites(path):
    create_private(path, "first")
    create_private(path, "second")

    assert "first" == read_private(path)
    assert [path] == list(path.parent.iterdir())


def test_replacing_keeps_the_mode_that_an_operator_gave(path):
    create_private(path, "old")
    path.chmod(0o640)
    replace_private(path, "new")

    assert ("new", 0o640) == (read_private(path), stat.S_IMODE(path.stat().st_mode))


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_file_open_to_others_is_refused_with_the_remedy(path, mode):
    create_private(path, "secret")
    path.chmod(mode)

    with pytest.raises(Refused) as refusal:
        read_private(path)

    assert (f"chmod 0600 {path}", ExitCode.CONFIGURATION) == (
        refusal.value.remedy,
        refusal.value.exit_code,
    )


def test_a_file_that_is_absent_is_the_callers_to_judge(path):
    with pytest.raises(FileNotFoundError):
        read_private(path)


def test_what_cannot_be_read_is_refused(path):
    path.mkdir(parents=True)

    with pytest.raises(Refused, match="cannot be read"):
        read_private(path)
