"""README.md: what it shows of a run is what a run shows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from gateway.demo import Sample, samples
from gateway.settings import Settings
from partners.directory import BUNDLED, Directory, load_directory

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ROW = re.compile(r"^(\w+/[\w-]+) +(\S+) +(\S+) +(.+?) {2,}(.+?) {2,}(.+?) {2,}yes *$", re.MULTILINE)


def by_title() -> dict[str, Sample]:
    return {sample.title: sample for sample in samples()}


def test_the_table_of_the_run_shows_samples_as_they_end() -> None:
    known = by_title()
    shown = ROW.findall(README)
    assert len(shown) == 7
    assert "seven of the samples" in README
    for title, partner, file, understood, delivered, acknowledged in shown:
        sample = known[title]
        assert (partner, file) == (sample.partner, sample.file)
        expected = "quarantined" if sample.understood == "no" else sample.understood.replace("_", " ")
        assert understood == expected
        assert sample.delivered == sum(map(int, re.findall(r"(\d+) delivered", delivered)))
        kinds = [
            kind for count, kind in re.findall(r"(\d+) (\w+) sent", acknowledged) for _ in range(int(count))
        ]
        assert sorted(kinds) == sorted(sample.acknowledged)


def test_the_port_and_the_log_in_line_are_those_of_the_defaults() -> None:
    port = Settings.model_fields["sftp_port"].default
    host = Settings.model_fields["sftp_host"].default
    assert f"sftp -P {port} -i home/keys/clients/acme-retail" in README
    assert f"The SFTP server listens on {host}:{port}." in README
    directory = load_directory(BUNDLED)
    assert isinstance(directory, Directory)
    assert any(getattr(channel, "login", "") == "acme" for _, channel in directory.open_channels())


def test_the_first_order_is_the_simple_sample_with_other_numbers() -> None:
    simple = by_title()["850/simple"].input.read_text("ascii")
    for number in re.findall(r"s/(\d+)/\d+/", README):
        assert number in simple
    assert "tradepost --home home archive find --po 4501000199" in README


def test_the_partner_of_the_five_minutes_loads(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    profile = re.sub(r"^   ", "", block, flags=re.MULTILINE)
    for name in ("ours.toml", "destinations.toml"):
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    (tmp_path / "bluebarn").mkdir()
    (tmp_path / "bluebarn" / "profile.toml").write_text(profile, "utf-8")
    directory = load_directory(tmp_path)
    assert isinstance(directory, Directory), [finding.message for finding in directory]
    assert directory.by_partner("bluebarn") is not None
    assert tomllib.loads(profile)["extends"] == "retailer"


def test_the_direction_of_imports_is_the_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert f"`{' → '.join(contracts[0]['layers'])}`" in README


def test_the_commands_stand_first_and_the_licence_is_named() -> None:
    assert README.index("$ make run") < README.index("$ make test") < README.index("## First steps")
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")


def test_ci_runs_what_make_test_runs() -> None:
    assert "make --no-print-directory test" in (ROOT / ".ci" / "run").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name in ("help", "run", "demo", "test", "fast", "bench", "lint", "docs"):
        assert re.search(rf"^{name}:.*## \S", makefile, re.MULTILINE), name
