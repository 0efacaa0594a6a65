"""Looks whether the gateway is well, and says what to do where it is not."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator

from gateway import nodes, profiles, views
from gateway.alert_kinds import KINDS
from gateway.book import read_folder, version_of
from gateway.doctor_channels import examine_channels
from gateway.doctor_check import Check
from gateway.doctor_machine import examine_machine
from gateway.doctor_settings import examine_settings
from gateway.errors import TradepostError
from gateway.store import alerts, bookmarks
from gateway.telling import mail_server
from gateway.wiring import Gateway
from outbound import mail
from outbound.connector import Refused, TryLater
from parsers.x12.grammar import ENGINE_IS_SOUND

#: Roles without which files are not read, delivered or told of.
NEEDED_ROLES = ("work", "deliver", "schedule")


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
        yield Check("quarantine", "note", f"{quarantined} waiting", "See: tradepost quarantine list")
    dead = counts["consignments"].get("dead", 0)
    if dead:
        yield Check("dead letters", "failed", f"{dead} waiting", "See: tradepost dead-letters list")
    held = counts["documents"].get("held", 0)
    if held:
        yield Check("held documents", "note", f"{held} waiting", "See: tradepost documents list --state held")


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


def _machine(gateway: Gateway) -> Iterator[Check]:
    yield from examine_machine(gateway.settings, gateway.ledger, gateway.clock.now())


def _settings(gateway: Gateway) -> Iterator[Check]:
    try:
        directory = gateway.book.current().directory
    except TradepostError:
        has_addresses = False
    else:
        has_addresses = any(partner.alerts.mail for partner in directory.partners)
    yield from examine_settings(gateway.settings, has_addresses=has_addresses)


def _people(gateway: Gateway) -> Iterator[Check]:
    """Whether people are told: the mail server lets us in, and no notice was given up."""
    with gateway.ledger.read() as view:
        dead = alerts.notice_states(view).get("dead", 0)
        going_on = alerts.unresolved(view)
    if going_on:
        kinds = ", ".join(sorted({KINDS[one.kind].title for one in going_on if one.kind in KINDS}))
        yield Check("alerts", "note", f"{len(going_on)} not over: {kinds}", "See: tradepost alerts list")
    if dead:
        yield Check(
            "notices",
            "note",
            f"{dead} could not be sent",
            "Look at the addresses and the mail server, then: tradepost alerts test",
        )
    if gateway.settings.mail_host:
        try:
            yield Check("mail", "well", mail.check(mail_server(gateway.settings)))
        except (Refused, TryLater) as fault:
            yield Check("mail", "failed", fault.reason, "Until then nobody is told by mail.")


def _nodes(gateway: Gateway) -> Iterator[Check]:
    """Whether somebody works, and each role is played where several share the work."""
    with gateway.ledger.read() as view:
        seen = nodes.list_nodes(view, gateway.settings.node_dead_s)
    at_work = [one for one in seen if one.state == "at work"]
    for one in seen:
        if one.state == "silent":
            advice = "It has died or cannot reach the ledger; its work goes on elsewhere. Start it again."
            yield Check(f"node {one.name}", "note", f"not seen for {one.unseen_s:.0f} s", advice)
    missing = nodes.unplayed(seen, NEEDED_ROLES)
    if not at_work:
        yield Check("nodes", "note", "No gateway is running", "Start it: tradepost run")
    elif missing:
        advice = "Start a node with that role: tradepost run --role …"
        yield Check("nodes", "failed", f"Nobody plays the role {', '.join(missing)}", advice)
    else:
        yield Check("nodes", "well", f"{len(at_work)} at work")


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


def _channels(gateway: Gateway) -> Iterator[Check]:
    try:
        directory = gateway.book.current().directory
    except TradepostError:
        return
    with gateway.ledger.read() as view:
        asked = bookmarks.read_to_their_ends(view)
    yield from examine_channels(directory, asked, gateway.settings.home, gateway.clock.now())


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
    _machine,
    _settings,
    _profiles,
    _destinations,
    _channels,
    _people,
    _nodes,
)
