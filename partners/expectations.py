"""What must come from a partner and by when, and who of us is told if something is the matter with it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from partners.values import Many, Model, Slug, form, unit

MailAddress = Annotated[str, form(r"[^@\s]+@[^@\s]+", "must be a mail address")]


class Expectation(Model):
    """Files that must come. If none came in time, the partner is silent and people are told."""

    every_minutes: Annotated[int, Field(ge=1, le=527_040)] | None = Field(
        default=None,
        description="Longest time without a file; give this or `by`.",
        json_schema_extra=unit("minutes"),
    )
    by: Annotated[str, form(r"\S+( \S+){4}", "must be five parts between single spaces")] | None = Field(
        default=None,
        description="Times by which a file must have come since the time before: minute, hour, day, month "
        "and weekday, in the partner's time zone: '30 9 * * mon-fri'.",
    )
    channel: Slug | None = Field(default=None, description="Channel on which it comes; left out: any.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.every_minutes is None) == (self.by is None):
            raise PydanticCustomError("expects", "needs either every_minutes or by")
        return self


class AlertsOfPartner(Model):
    """Who of us looks after a partner."""

    mail: Many[MailAddress] = Field(
        default=(),
        description="Mail addresses that are told what is the matter with this partner's traffic; left "
        "out: those of the gateway's setting alert_mail_to.",
    )
