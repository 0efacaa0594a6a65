"""Every state a row can be in and every move it may make, as one table.

Rows are moved by `store.moves.move`, which checks this table and writes one event;
the database checks the names of the states. What a crash leaves behind stands with the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import TradepostError


@dataclass(frozen=True, slots=True)
class State:
    """One state of one kind of row.

    meaning: what a person may conclude. after_crash: what a crash in it leaves and who repairs it.
    next: states a row may move to from here; empty for the last ones.
    """

    name: str
    meaning: str
    after_crash: str
    next: tuple[str, ...] = ()


def _table(*states: State) -> Mapping[str, State]:
    return {state.name: state for state in states}


TRANSMISSION = _table(
    State(
        "received",
        "The bytes are kept and recorded; nobody has read them yet.",
        "The parse task is still waiting and reads it after the restart.",
        ("read", "quarantined", "duplicate"),
    ),
    State(
        "read",
        "Read to its end; each interchange in it has its own verdict.",
        "Nothing is open.",
        ("received",),
    ),
    State(
        "quarantined",
        "Kept, not processed: unreadable, from an unknown sender, or held back; a person decides.",
        "Nothing is open.",
        ("received", "closed"),
    ),
    State(
        "duplicate",
        "The same bytes arrived before; nothing was processed again.",
        "Nothing is open.",
        ("received",),
    ),
    State("closed", "A person has looked and wants nothing more done.", "Nothing is open.", ("received",)),
    State("sent", "Bytes of ours that a partner's mailbox or store holds.", "Nothing is open."),
)

INTERCHANGE = _table(
    State(
        "reading",
        "Its documents are being staged and belong to nobody yet.",
        "The next attempt sweeps its rows and reads it again from the archive.",
        ("settled", "duplicate", "refused"),
    ),
    State(
        "settled",
        "Read to its end and answered; its documents are being handed on.",
        "The fan-out goes on from its cursor.",
        ("handed_on",),
    ),
    State("handed_on", "Every document in it has its own state.", "Nothing is open."),
    State(
        "duplicate", "An accepted interchange with this number and these bytes exists.", "Nothing is open."
    ),
    State("refused", "Refused as a whole; nothing in it is processed.", "Nothing is open."),
    State("sent", "An interchange of ours.", "Nothing is open."),
)

DOCUMENT = _table(
    State(
        "staged",
        "Read, but its interchange is not settled yet.",
        "Swept or handed on together with its interchange.",
        ("ready", "held", "rejected", "kept", "filed"),
    ),
    State(
        "held",
        "A person must look before it goes on.",
        "Nothing is open.",
        ("ready", "rejected", "kept", "superseded"),
    ),
    State(
        "ready",
        "On its way to its destination; the delivery says how far.",
        "The consignment's task goes on.",
        ("delivered", "held"),
    ),
    State("delivered", "Every destination has taken it.", "Nothing is open."),
    State("rejected", "Refused: by its faults, or by a person.", "Nothing is open.", ("superseded",)),
    State(
        "kept",
        "Understood and kept: the profile sends it nowhere, or our ERP wrote it for the partner.",
        "Nothing is open.",
        ("ready", "superseded"),
    ),
    State("superseded", "Read anew; a later version stands in its place.", "Nothing is open."),
    State("filed", "Meant for the gateway itself: an acknowledgement from a partner.", "Nothing is open."),
)

CONSIGNMENT = _table(
    State(
        "due",
        "Packed and waiting for its turn.",
        "Its task is still waiting.",
        ("sending", "cancelled"),
    ),
    State(
        "sending",
        "An attempt has begun; its outcome is not known yet.",
        "The next attempt sends the same bytes under the same key.",
        ("delivered", "retrying", "dead", "sending"),
    ),
    State(
        "retrying",
        "The last attempt failed for now; the next one is dated.",
        "Its task is still waiting.",
        ("sending", "cancelled", "dead"),
    ),
    State("delivered", "The far end has taken it.", "Nothing is open."),
    State(
        "dead",
        "The far end refuses it, or the attempts are used up; a person decides.",
        "Nothing is open.",
        ("due", "cancelled"),
    ),
    State(
        "cancelled",
        "A person has taken it back; its document is held, and releasing it goes on under the same key.",
        "Nothing is open.",
        ("due",),
    ),
)

DELIVERY = _table(
    State(
        "waiting",
        "Waits for the next slot of its schedule.",
        "The slot packs it.",
        ("packed", "cancelled"),
    ),
    State(
        "packed", "In a consignment, whose state says how far it is.", "See the consignment.", ("cancelled",)
    ),
    State("cancelled", "A person has taken it back.", "Nothing is open."),
)

ACKNOWLEDGEMENT = _table(
    State(
        "stored",
        "Written, with its control number, and waiting to be sent.",
        "The send task sends the same bytes.",
        ("sent", "dead"),
    ),
    State("sent", "In the partner's mailbox or store.", "Nothing is open.", ("stored", "fetched")),
    State("fetched", "The partner has read it to its end.", "Nothing is open.", ("stored",)),
    State("dead", "The partner's store refuses it; a person decides.", "Nothing is open.", ("stored",)),
    State("matched", "A partner's answer that fits something we sent.", "Nothing is open."),
    State("unmatched", "A partner's answer to something we cannot find.", "Nothing is open."),
    State("contradicting", "A partner's answer that contradicts an earlier one.", "Nothing is open."),
)

TASK = _table(
    State("waiting", "Not begun, or dated for later.", "Taken by the next worker.", ("running", "done")),
    State(
        "running",
        "A worker is at it.",
        "Taken back when the gateway starts; the fence refuses what the old worker still tries.",
        ("done", "waiting", "failed"),
    ),
    State("done", "Finished together with what it did.", "Nothing is open."),
    State("failed", "A bug stopped it; the traceback is kept.", "Waits for a person.", ("waiting",)),
)

DESTINATION = _table(
    State(
        "closed",
        "Deliveries go through, as current does through a closed switch.",
        "Nothing is open.",
        ("open", "paused"),
    ),
    State(
        "open",
        "It failed several times in a row; deliveries wait until it is time for a probe.",
        "The time of the probe is kept.",
        ("half_open", "closed", "paused"),
    ),
    State(
        "half_open",
        "One delivery at a time is let through; taken, it closes the breaker, failed, it opens it again.",
        "A probe that is not heard of any more is given up after its time, and another goes.",
        ("closed", "open", "paused"),
    ),
    State(
        "paused",
        "It refuses us, its secret cannot be read, or a person stopped it; deliveries wait in order.",
        "Nothing is open.",
        ("half_open", "closed"),
    ),
)

ALERT = _table(
    State(
        "open",
        "It goes on, and nobody has said that they are looking after it.",
        "The next look goes on from the cursor; an event counts once.",
        ("acknowledged", "resolved"),
    ),
    State(
        "acknowledged",
        "Somebody looks after it; no more is told until it is over.",
        "As open.",
        ("resolved",),
    ),
    State("resolved", "It is over; the same cause later is a new alert.", "Nothing is open."),
)

NOTICE = _table(
    State(
        "waiting",
        "Written, and waiting for its turn or its next try.",
        "It is tried again under the same id; a try that was under way may arrive twice.",
        ("sent", "dead"),
    ),
    State("sent", "The mail server or the webhook has taken it.", "Nothing is open."),
    State("dead", "It was refused, or the tries are used up; the alert stays.", "Nothing is open."),
)

TABLES: Mapping[str, Mapping[str, State]] = {
    "transmission": TRANSMISSION,
    "interchange": INTERCHANGE,
    "document": DOCUMENT,
    "consignment": CONSIGNMENT,
    "delivery": DELIVERY,
    "destination": DESTINATION,
    "acknowledgement": ACKNOWLEDGEMENT,
    "task": TASK,
    "alert": ALERT,
    "notice": NOTICE,
}


def beginnings(states: Mapping[str, State]) -> list[str]:
    """Where rows begin: the first state, and those that nothing leads to."""
    reached = {after for state in states.values() for after in state.next}
    return [name for place, name in enumerate(states) if place == 0 or name not in reached]


#: What people call rows of a kind, and the commands for them; kinds without commands are not here.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "transmission": ("transmission", "transmissions"),
    "document": ("document", "documents"),
    "consignment": ("delivery", "deliveries"),
    "acknowledgement": ("acknowledgement", "acknowledgements"),
    "alert": ("alert", "alerts"),
}


def no_such(kind: str, wanted: str) -> TradepostError:
    """That there is no row of that kind and id, and where to look for it."""
    noun, command = COMMANDS.get(kind, (kind, ""))
    remedy = f"List them with: tradepost {command} list" if command else ""
    return TradepostError("GTW-001", f"There is no {noun} {wanted}.", remedy)


def sources(kind: str, target: str) -> tuple[str, ...]:
    """States from which a row of `kind` may move to `target`."""
    return tuple(state.name for state in TABLES[kind].values() if target in state.next)
