"""What is noted beside the archive of each file that came and of each answer that went (FI-C08)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.ports import Arrival, Note, Stored
from gateway.store.answers import Answer

ARRIVAL = "arrival"
ANSWER = "answer"
#: Among a transmission's facts: it was made up from its note, at this time.
RECONCILED = "reconciled"


def arrival_note(transmission: str, arrival: Arrival, stored: Stored, at: datetime) -> Note:
    """What a file was that came in. arrival: as it was recorded, with the source key of its row."""
    facts = {
        "channel": arrival.channel,
        "source_key": arrival.source_key,
        "name": arrival.name,
        "partner": arrival.partner,
        "attributes": dict(arrival.attributes),
        "size": stored.size,
    }
    return Note(ARRIVAL, transmission, stored.sha256, at, facts)


def arrival_of(note: Note, more: Mapping[str, str]) -> tuple[Arrival, Stored]:
    """The file that `arrival_note` has noted. more: to be kept with its attributes."""
    facts = note.facts
    attributes = {**facts["attributes"], **more}
    arrival = Arrival(facts["channel"], facts["source_key"], facts["name"], facts["partner"], attributes)
    return arrival, Stored(note.sha256, facts["size"], new=False)


def answer_note(answer: Answer, stored: Stored, at: datetime) -> Note:
    """What an answer of ours was; written before anybody can see its control numbers."""
    facts = {
        "kind": answer.kind,
        "partner": answer.partner,
        "interchange_id": answer.interchange_id,
        "control_number": answer.control_number,
        "file_name": answer.file_name,
        "target": answer.target,
        "functional_id": answer.functional_id,
        "group_numbers": list(answer.group_numbers),
    }
    return Note(ANSWER, answer.id, stored.sha256, at, facts)
