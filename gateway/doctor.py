"""Looks whether the gateway is well, and says what to do where it is not."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway import profiles, views
from gateway.book import read_folder, version_of
from gateway.errors import TradepostError
from gateway.wiring import Gateway
from outbound.connector import Refused, TryLater
from parsers.x12.grammar import ENGINE_IS_SOUND

LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One look. state: well, note or failed. advice: empty if well."""

    name: str
    state: str
    says: str
    advice: str = ""


def examine(gateway: Gateway) -> list[Check]:
    """Every check, in the order of what stands on what."""
    return [*about_python(), *(check for examiner in EXAMINERS for check in examiner(gateway))]


def _ledger(gateway: Gateway) -> Iterator[Check]:
    with gateway.ledger.read() as view:
        counts = views.summary(view)
        failed = views.failed_tasks(view)
    total = sum(counts["transmissions"].values())
    yield Check("ledger", "well", f"{gateway.ledger.engine.dialect.name}, {total} transmissions")
    for task in failed:
        cause = (task["error"] or "").strip().rsplit("\n", 1)[-1]
        yield Check(
            f"task {task['id']}",
            "failed",
            f"{task['stage']} of {task['subject']}: {cause}",
            "A bug stopped it; report it, and then: tradepost tasks retry",
        )
    quarantined = counts["transmissions"].get("quarantined", 0)
    if quarantined:
        yield Check("quarantine", "note", f"{quarantined} files wait", "See: tradepost quarantine list")
    dead = counts["consignments"].get("dead", 0)
    if dead:
        yield Check(
            "dead letters", "failed", f"{dead} deliveries", "See: tradepost deliveries list --state dead"
        )
    held = counts["documents"].get("held", 0)
    if held:
        yield Check("held documents", "note", f"{held} wait", "See: tradepost documents list --state held")


def _archive(gateway: Gateway) -> Iterator[Check]:
    try:
        yield Check("archive", "well", gateway.archive.check())
    except TradepostError as fault:
        yield Check("archive", "failed", fault.message, fault.remedy)


def about_python() -> Iterator[Check]:
    """What is to be said of the Python that runs us."""
    if not ENGINE_IS_SOUND:
        yield Check(
            "python",
            "note",
            f"Python {platform.python_version()} matches some patterns wrongly (gh-106052), so X12 is read "
            "segment by segment, about ten times slower",
            "Use Python 3.11.5 or newer",
        )


def _disk(gateway: Gateway) -> Iterator[Check]:
    free = shutil.disk_usage(gateway.settings.home).free
    says = f"{free / 1024**3:.1f} GiB free"
    if free < LOW_DISK_BYTES:
        yield Check("disk", "failed", says, "Free some space, or move the home to a larger disk.")
    else:
        yield Check("disk", "well", says)


def _profiles(gateway: Gateway) -> Iterator[Check]:
    folder = gateway.settings.partners_folder
    found = profiles.check(folder, gateway.settings.home)
    for finding in found:
        state = "failed" if finding.is_error else "note"
        yield Check("profiles", state, finding.message, finding.remedy)
    if any(finding.is_error for finding in found):
        return
    try:
        applied = gateway.book.current()
    except TradepostError as fault:
        yield Check("profiles", "note", fault.message, fault.remedy)
        return
    try:
        version = version_of(read_folder(folder))
    except TradepostError as fault:
        yield Check("profiles", "failed", fault.message, fault.remedy)
        return
    if applied.version != version:
        advice = "If the folder is as you want it, run: tradepost partners apply"
        yield Check("profiles", "note", "The folder differs from the profiles in force.", advice)
    else:
        yield Check("profiles", "well", f"{len(applied.directory.partners)} partners in force")


def _destinations(gateway: Gateway) -> Iterator[Check]:
    try:
        destinations = gateway.book.current().directory.destinations
    except TradepostError:
        return
    for name, destination in destinations.items():
        try:
            yield Check(f"destination {name}", "well", gateway.far_ends(destination).check())
        except (Refused, TryLater) as fault:
            advice = "Look at its address and secrets in destinations.toml."
            yield Check(f"destination {name}", "failed", fault.reason, advice)


EXAMINERS: tuple[Callable[[Gateway], Iterator[Check]], ...] = (
    _ledger,
    _archive,
    _disk,
    _profiles,
    _destinations,
)
