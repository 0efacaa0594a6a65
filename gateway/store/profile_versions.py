"""Partner profiles as they were applied: every version is kept, the newest is in force."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.core import PROFILE_VERSION as VERSION
from gateway.store.moves import Act, record
from gateway.store.tables import ProfileVersion


def newest(view: Connection) -> str | None:
    """The id of the version in force, None before the first."""
    return view.execute(
        select(VERSION.c.id).order_by(VERSION.c.applied_at.desc(), VERSION.c.id).limit(1)
    ).scalar_one_or_none()


def files(view: Connection, version: str) -> Mapping[str, str]:
    """The files of a version: text by path. Raises NoResultFound."""
    content: Mapping[str, str] = json.loads(
        view.execute(select(VERSION.c.content).where(VERSION.c.id == version)).scalar_one()
    )
    return content


def apply(tx: Connection, act: Act, version: str, content: Mapping[str, str]) -> None:
    """Put a version in force; an older one may be put in force again."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    before = newest(tx)
    statement = dialect.insert(ProfileVersion).values(
        id=version,
        content=json.dumps(dict(content), ensure_ascii=False, sort_keys=True),
        applied_at=act.at,
        applied_by=act.actor,
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"applied_at": act.at, "applied_by": act.actor}
        )
    )
    record(tx, act, "profiles.applied", "profiles", version, before=before, after=version)
