"""Every sample folder read, judged and answered, compared with what lies beside its input.

A sample is a folder samples/<format>/<document>/<case>/ with
  input.*               the bytes as the partner sends them
  about.md              front matter (see Sample), then a sentence or two for people
  findings.json         every finding with its place, as `inspect --json` shows it
  canonical.json        every document's canonical form
  answer-<n>-<kind>.*   the answers in the order they are sent, byte for byte

After a wanted change, `TRADEPOST_UPDATE_SAMPLES=1 pytest tests/golden` writes the expectations
anew and fails, so that nobody commits them without having read the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from parsers.finding import Finding
from partners.directory import Directory, load_directory
from translators.acknowledgements.answer import PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.reading import read_file
from translators.report import (
    DocumentRead,
    FileEnded,
    GroupEnded,
    InterchangeEnded,
    InterchangeReport,
)

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "samples"
PROFILES = PROJECT / "partners" / "profiles"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UPDATE = os.environ.get("TRADEPOST_UPDATE_SAMPLES") == "1"
FRONT_KEYS = (
    "partner",
    "channel",
    "file",
    "received",
    "understood",
    "documents",
    "delivered",
    "acknowledged",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample folder.

    front: partner, channel and file (how it arrives); received (yes); understood (the file's
    status, "no" if it is nothing we know); documents (the disposition of each, in order, or none);
    delivered (how many reach a destination); acknowledged (kinds of the answers, or nothing).
    """

    folder: Path
    front: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> Sample:
        _, front, _ = (folder / "about.md").read_text("utf-8").split("---\n", 2)
        return cls(folder, dict(line.split(": ", 1) for line in front.splitlines()))

    @property
    def content(self) -> bytes:
        (path,) = self.folder.glob("input.*")
        return path.read_bytes()


@dataclass(slots=True)
class Outcome:
    """What reading a sample gave."""

    documents: list[DocumentRead]
    findings: list[dict[str, object]]
    answers: list[tuple[str, bytes]]
    ended: FileEnded | None = None

    @property
    def dispositions(self) -> list[str]:
        """The last word on every document: what holds it may have fallen after it was read."""
        return ["reject" if fell(event) else event.document.disposition.value for event in self.documents]


def sample_folders() -> list[Path]:
    return sorted(about.parent for about in SAMPLES.glob("*/*/*/about.md"))


def sample_id(folder: Path) -> str:
    return folder.relative_to(SAMPLES).as_posix()


@pytest.fixture(scope="module")
def directory() -> Directory:
    loaded = load_directory(PROFILES)
    assert isinstance(loaded, Directory)
    return loaded


def place_of(event: DocumentRead) -> str:
    group = f"interchange {event.interchange.ordinal}, group {event.group.ordinal}"
    return f"{group}, document {event.document.ordinal}"


def fell(event: DocumentRead) -> bool:
    return event.interchange.rejected or event.group.rejects_all


def read_sample(sample: Sample, directory: Directory) -> Outcome:
    outcome = Outcome([], [], [])
    agreement = directory.by_partner(sample.front["partner"])
    events = read_file(
        BytesIO(sample.content),
        name=sample.front["file"],
        directory=directory,
        agreement=agreement,
        senders=(sample.front["partner"],),
    )
    for event in events:
        match event:
            case DocumentRead():
                outcome.documents.append(event)
                outcome.findings += placed(place_of(event), event.document.findings)
            case GroupEnded():
                place = f"interchange {event.interchange.ordinal}, group {event.report.ordinal}"
                outcome.findings += placed(place, event.report.findings)
            case InterchangeEnded():
                outcome.findings += placed(f"interchange {event.report.ordinal}", event.report.findings)
                outcome.answers += answers_to(event.report)
            case FileEnded():
                outcome.findings += placed("file", event.findings)
                outcome.ended = event
            case _:
                pass
    return outcome


def placed(where: str, findings: list[Finding] | tuple[Finding, ...]) -> Iterator[dict[str, object]]:
    """Findings as people review them: without unused keys and the texts that are the same for every file."""
    for finding in findings:
        told = {
            key: value
            for key, value in finding.as_json().items()
            if value not in (None, {}) and key not in ("title", "remedy")
        }
        yield {"where": where, **told}


def answers_to(report: InterchangeReport) -> list[tuple[str, bytes]]:
    return [(answer.kind, answer.payload) for answer in write_answers(report, PreviewNumbers(), AT)]


def expectations(outcome: Outcome) -> dict[str, bytes]:
    """The files that should lie beside the input, by name."""
    documents = [
        {"where": place_of(event), "canonical": json.loads(event.document.json)}
        for event in outcome.documents
        if event.document.json is not None
    ]
    files = {"findings.json": as_text(outcome.findings), "canonical.json": as_text(documents)}
    for number, (kind, content) in enumerate(outcome.answers, start=1):
        suffix = "csv" if kind == "CSV" else "edi"
        files[f"answer-{number}-{kind.lower()}.{suffix}"] = content
    return files


def as_text(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def expected_files(folder: Path) -> dict[str, bytes]:
    named = ("findings.json", "canonical.json")
    paths = [path for path in folder.iterdir() if path.name in named or path.name.startswith("answer-")]
    return {path.name: path.read_bytes() for path in paths}


def write_expectations(folder: Path, files: dict[str, bytes]) -> None:
    for name in expected_files(folder):
        (folder / name).unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_there_are_samples_of_both_formats() -> None:
    assert {folder.relative_to(SAMPLES).parts[0] for folder in sample_folders()} >= {"x12", "csv"}


@pytest.mark.parametrize("folder", sample_folders(), ids=sample_id)
def test_a_sample_is_read_and_answered_as_its_folder_says(folder: Path, directory: Directory) -> None:
    actual, expected = expectations(read_sample(Sample.of(folder), directory)), expected_files(folder)
    if UPDATE and actual != expected:
        write_expectations(folder, actual)
        pytest.fail(f"{sample_id(folder)}: expectations written anew; read the difference before committing")
    assert sorted(actual) == sorted(expected)
    for name, content in actual.items():
        assert content.decode("utf-8") == expected[name].decode("utf-8"), name


@pytest.mark.parametrize("folder", sample_folders(), ids=sample_id)
def test_a_sample_ends_where_its_about_says(folder: Path, directory: Directory) -> None:
    sample = Sample.of(folder)
    outcome = read_sample(sample, directory)
    assert outcome.ended is not None
    dispositions = outcome.dispositions
    assert tuple(sample.front) == FRONT_KEYS
    assert sample.front["received"] == "yes"
    assert sample.front["understood"] == (outcome.ended.status.value if outcome.ended.readable else "no")
    assert sample.front["documents"] == (", ".join(dispositions) or "none")
    assert sample.front["delivered"] == str(dispositions.count("deliver"))
    assert sample.front["acknowledged"] == (", ".join(kind for kind, _ in outcome.answers) or "nothing")


@pytest.mark.parametrize("folder", sample_folders(), ids=sample_id)
def test_a_sample_comes_by_a_channel_of_its_partner(folder: Path, directory: Directory) -> None:
    front = Sample.of(folder).front
    found = directory.channel(front["channel"])
    assert found is not None
    assert found[0].partner == front["partner"]
    assert front["partner"] in found[1].senders


def test_no_two_samples_arrive_under_the_same_name() -> None:
    names = [Sample.of(folder).front["file"] for folder in sample_folders()]
    assert len(names) == len(set(names))
