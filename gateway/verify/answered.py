"""Answers: each once, the bytes sent are those that were committed, and the mailbox shows just them."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, and_, exists, func, not_, or_, select

from gateway.store.core import ACKNOWLEDGEMENT, BLOB, MAILBOX_ENTRY, TRANSMISSION
from gateway.verify.report import Tally
from partners.profile import MAILBOX

PAGE = 100


def check_answers(view: Connection, tally: Tally) -> None:
    """Hold each answer against the file it went out as."""
    query = (
        select(
            ACKNOWLEDGEMENT.c.id,
            ACKNOWLEDGEMENT.c.state,
            ACKNOWLEDGEMENT.c.payload,
            TRANSMISSION.c.sha256,
        )
        .outerjoin(TRANSMISSION, ACKNOWLEDGEMENT.c.transmission_id == TRANSMISSION.c.id)
        .where(ACKNOWLEDGEMENT.c.direction == "out")
    )
    for row in view.execution_options(stream_results=True, yield_per=PAGE).execute(query):
        tally.compared += 1
        if row.state in {"sent", "fetched"} and row.sha256 is None:
            tally.breach(row.id, f"The answer is {row.state}, and no file of ours went out for it.")
        elif None not in {row.sha256, row.payload} and _sha256(row.payload) != row.sha256:
            tally.breach(row.id, "What went out is not what was committed with its control number.")
    _check_once(view, tally)


def _sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def _check_once(view: Connection, tally: Tally) -> None:
    answers = ACKNOWLEDGEMENT
    same = (answers.c.interchange_id, answers.c.kind, answers.c.file_name)
    twice = (
        select(answers.c.interchange_id, func.count().label("times"))
        .where(answers.c.direction == "out", answers.c.interchange_id.is_not(None))
        .group_by(*same)
        .having(func.count() > 1)
    )
    for row in view.execute(twice):
        tally.breach(row.interchange_id, f"The interchange has {row.times} answers of one kind and name.")


def check_mailboxes(view: Connection, tally: Tally) -> None:
    """Hold each entry against its file; each answer that went to a mailbox was listed there."""
    entries, files = MAILBOX_ENTRY, TRANSMISSION
    tally.compared = view.execute(select(func.count()).select_from(entries)).scalar_one()
    differs = (
        select(entries.c.id)
        .join(files, entries.c.transmission_id == files.c.id)
        .outerjoin(BLOB, BLOB.c.sha256 == entries.c.sha256)
        .where(
            or_(
                entries.c.sha256 != files.c.sha256,
                entries.c.size != files.c.size,
                BLOB.c.size.is_(None),
                BLOB.c.size != entries.c.size,
                func.coalesce(entries.c.partner, "") != func.coalesce(files.c.partner, ""),
            )
        )
    )
    for entry in view.execute(differs).scalars():
        tally.breach(entry, "The mailbox lists bytes, a size or a partner that its file does not have.")
    answers = ACKNOWLEDGEMENT
    unlisted = select(answers.c.id).where(
        and_(answers.c.direction == "out", answers.c.target == MAILBOX),
        and_(answers.c.partner.is_not(None), answers.c.state.in_(("sent", "fetched"))),
        not_(exists().where(entries.c.acknowledgement_id == answers.c.id)),
    )
    for answer in view.execute(unlisted).scalars():
        tally.breach(answer, "The answer was sent to the mailbox, which never listed it.")
