"""A new home: what it has from the first moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import home as homes
from gateway.settings import Settings
from partners.directory import Directory, load_directory


@pytest.mark.parametrize("samples", [True, False])
def test_a_new_home_has_the_folders_of_the_destinations_that_it_names(tmp_path: Path, samples: bool) -> None:
    assert homes.prepare(Settings(home=tmp_path / "home"), samples=samples)
    directory = load_directory(tmp_path / "home" / "partners")
    assert isinstance(directory, Directory)
    urls = [one.url for one in directory.destinations.values()]
    assert "folder:erp" in urls
    for url in urls:
        assert (tmp_path / "home" / url.removeprefix("folder:")).is_dir()
