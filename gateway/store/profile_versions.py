"""Partner profiles as they were applied: every version is kept, the newest is in force."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, select

from gateway.store.core import PROFILE_VERSION as VERSION
from gateway.store.core import upsert
from gateway.store.moves import Act, record
from gateway.store.readings import take_turns

#: What is applied next is newer by as much at least, whatever the clock of its node says.
NEXT = timedelta(microseconds=1)
_NEWEST = select(VERSION.c.id, VERSION.c.applied_at).order_by(VERSION.c.applied_at.desc(), VERSION.c.id)


def newest(view: Connection) -> str | None:
    """The id of the version in force, None before the first."""
    return view.execute(_NEWEST.limit(1)).scalar()


def exists(view: Connection, version: str) -> bool:
    """True if these profiles were ever in force."""
    return view.execute(select(VERSION.c.id).where(VERSION.c.id == version)).first() is not None


def files(view: Connection, version: str) -> Mapping[str, str]:
    """The files of a version: text by path. Raises NoResultFound."""
    content: Mapping[str, str] = json.loads(
        view.execute(select(VERSION.c.content).where(VERSION.c.id == version)).scalar_one()
    )
    return content


def apply(tx: Connection, act: Act, version: str, content: Mapping[str, str]) -> bool:
    """Put a version in force; False if it is already. An older one may be put in force again.

    Who applies last is in force, at whatever time by the clock of which node.
    """
    take_turns(tx, "profiles")
    before = tx.execute(_NEWEST.limit(1)).one_or_none()
    if before is not None and before.id == version:
        return False
    row = {
        "id": version,
        "content": json.dumps(dict(content), ensure_ascii=False, sort_keys=True),
        "applied_at": act.at if before is None else max(act.at, before.applied_at + NEXT),
        "applied_by": act.actor,
    }
    upsert(tx, VERSION, row, replacing=["applied_at", "applied_by"])
    was = None if before is None else before.id
    record(tx, act, "profiles.applied", "profiles", version, before=was, after=version)
    return True
