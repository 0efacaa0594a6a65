"""Notes beside the archive as text: one JSON object a line."""

from __future__ import annotations

import json
from datetime import datetime

from gateway.ports import Note

#: Below the archive's folder or prefix.
PLACE = "notes"


def line_of(note: Note) -> bytes:
    """A note as one line, its end included."""
    fields = {
        "kind": note.kind,
        "id": note.id,
        "sha256": note.sha256,
        "at": note.at.isoformat(),
        "facts": dict(note.facts),
    }
    return json.dumps(fields, sort_keys=True).encode("ascii") + b"\n"


def note_of(line: bytes) -> Note:
    """The note that a line holds. Raises ValueError or KeyError if we did not write it."""
    fields = json.loads(line)
    at = datetime.fromisoformat(fields["at"])
    return Note(fields["kind"], fields["id"], fields["sha256"], at, fields["facts"])
