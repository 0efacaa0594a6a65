"""When documents are delivered, and how many together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from partners.values import Model, form, unit


class _ScheduleBase(Model):
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=1, description="Most documents in one consignment.", json_schema_extra=unit("documents")
    )


class AtOnce(_ScheduleBase):
    """Documents go as soon as they are ready."""

    kind: Literal["at_once"] = Field(default="at_once", description="As soon as a document is ready.")


class Every(_ScheduleBase):
    """Documents are gathered and go every so many minutes."""

    kind: Literal["every"] = Field(description="At even intervals.")
    minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        description="Time between slots.", json_schema_extra=unit("minutes")
    )


class Cron(_ScheduleBase):
    """Documents are gathered and go at set times."""

    kind: Literal["cron"] = Field(description="At set times.")
    expression: Annotated[str, form(r"\S+( \S+){4}", "must be five parts between single spaces")] = Field(
        description="Minute, hour, day, month and weekday, in the partner's time zone (of a destination: in "
        "UTC): '0 6,14 * * mon-fri'."
    )


Schedule = Annotated[AtOnce | Every | Cron, Field(discriminator="kind")]
