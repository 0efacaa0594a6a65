"""Partner profiles as they were applied: every version is kept, the newest is in force."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select

from gateway.store.core import PROFILE_VERSION as VERSION
from gateway.store.core import upsert
from gateway.store.moves import Act, record


def newest(view: Connection) -> str | None:
    """The id of the version in force, None before the first."""
    return view.execute(
        select(VERSION.c.id).order_by(VERSION.c.applied_at.desc(), VERSION.c.id).limit(1)
    ).scalar_one_or_none()


def exists(view: Connection, version: str) -> bool:
    """True if these profiles were ever in force."""
    return view.execute(select(VERSION.c.id).where(VERSION.c.id == version)).first() is not None


def files(view: Connection, version: str) -> Mapping[str, str]:
    """The files of a version: text by path. Raises NoResultFound."""
    content: Mapping[str, str] = json.loads(
        view.execute(select(VERSION.c.content).where(VERSION.c.id == version)).scalar_one()
    )
    return content


def apply(tx: Connection, act: Act, version: str, content: Mapping[str, str]) -> None:
    """Put a version in force; an older one may be put in force again."""
    before = newest(tx)
    row = {
        "id": version,
        "content": json.dumps(dict(content), ensure_ascii=False, sort_keys=True),
        "applied_at": act.at,
        "applied_by": act.actor,
    }
    upsert(tx, VERSION, row, replacing=["applied_at", "applied_by"])
    record(tx, act, "profiles.applied", "profiles", version, before=before, after=version)
