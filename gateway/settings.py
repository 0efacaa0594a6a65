"""Every setting of the gateway: one field with its type, unit, default and one sentence.

Read from `<home>/tradepost.toml`, overridden by TRADEPOST_… in the environment. Secrets are
never here: profiles and destinations name them by reference.
"""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gateway.errors import TradepostError
from parsers.x12.limits import UTMOST_LIMITS, Limits

HOME_VARIABLE = "TRADEPOST_HOME"
#: This machine itself: whoever sits behind a proxy on it would else be shut out for all the others.
LOOPBACK = ("127.0.0.0/8", "::1/128")
SETTINGS_FILE = "tradepost.toml"
_REFERENCE = re.compile(r"|env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f]+")
_MAIL = re.compile(r"[^@\s,]+@[^@\s,]+")


def default_home() -> Path:
    """TRADEPOST_HOME, or ~/.tradepost."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path.home() / ".tradepost"


class Settings(BaseSettings):
    """The gateway's settings; see docs/settings.md, which is made from this class."""

    model_config = SettingsConfigDict(env_prefix="TRADEPOST_", extra="forbid", frozen=True)

    home: Path = Field(description="Folder that holds all state of the embedded mode.")
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL of the ledger; empty means SQLite in the home (tradepost.db).",
    )
    archive_url: str = Field(
        default="",
        description="Archive: a folder, or s3://bucket/prefix?endpoint=URL; empty: in the home.",
    )
    sftp_enabled: bool = Field(default=True, description="Whether the built-in SFTP server listens.")
    sftp_host: str = Field(default="127.0.0.1", description="Address the SFTP server listens on.")
    sftp_port: int = Field(
        default=2222,
        ge=0,
        le=65535,
        description="Port of the SFTP server; 0 takes any free one. A taken port gives way to the next.",
    )
    sftp_connections: int = Field(
        default=1_200, ge=1, description="SFTP connections at once; the next is closed before a word."
    )
    sftp_sessions_per_partner: int = Field(
        default=20, ge=1, description="SFTP sessions at once of a partner whose profile names no limit."
    )
    sftp_login_grace_s: float = Field(
        default=30.0, gt=0, description="Seconds from connecting to having an SFTP session."
    )
    sftp_idle_s: float = Field(
        default=600.0, gt=0, description="Seconds without a request after which an SFTP session is closed."
    )
    sftp_penalty_after: int = Field(
        default=5, ge=0, description="Failed logins that an address may have before it is shut out."
    )
    sftp_penalty_s: float = Field(
        default=15.0,
        ge=0,
        description="Seconds for which the next failed login shuts it out; each further one doubles that.",
    )
    sftp_penalty_most_s: float = Field(
        default=600.0, ge=0, description="Seconds for which an address is shut out at most."
    )
    sftp_penalty_exempt: str = Field(
        default=", ".join(LOOPBACK),
        description="Networks that are never shut out, with commas between; a proxy's must be among them.",
    )
    sftp_host_key: str = Field(
        default="",
        description="File of the SFTP server's host key, from the home; empty: keys/host_ed25519. Nodes "
        "behind one address share it.",
    )
    workers: int = Field(default=4, ge=1, le=64, description="Threads that run stages.")
    one_processor: bool = Field(
        default=True,
        description="Keep all threads of a process to one processor: they take turns, and pass each other "
        "the turn much faster there. Several processes take one each.",
    )
    job_runner: str = Field(
        default="auto",
        pattern="^(auto|local|procrastinate)$",
        description="What runs the stages: local for one process, procrastinate for any number on one "
        "PostgreSQL; auto takes the latter wherever the ledger is a PostgreSQL.",
    )
    node_dead_s: float = Field(
        default=10.0,
        ge=2,
        le=3600,
        description="Seconds without a sign of life after which other nodes take over a node's work.",
    )
    backlog_per_partner: int = Field(
        default=200_000,
        ge=0,
        description="Stages of one partner that may wait before no more files are taken from it; 0: any "
        "number.",
    )
    job_poll_s: float = Field(
        default=1.0, gt=0, le=60, description="Seconds between looks for due tasks when no bell rings."
    )
    read_alone_s: float = Field(
        default=6 * 3600,
        gt=0,
        description="Seconds for which a file whose readers were ended may be read by a process of its own.",
    )
    chunk_documents: int = Field(
        default=200, ge=1, le=200, description="Documents written in one transaction, at most."
    )
    archive_deadline_s: float = Field(
        default=60.0,
        gt=0,
        description="Seconds an upload's close waits for the archive before it answers failure.",
    )
    inbox_visible_s: int = Field(
        default=3600,
        ge=0,
        description="Seconds an accepted upload stays listed in inbox/ before it is found in archive/ only.",
    )
    max_file_bytes: int = Field(
        default=5 * 1024**3, ge=1, description="Largest file that a channel accepts, in bytes."
    )
    disk_reserve_bytes: int = Field(
        default=512 * 1024**2,
        ge=0,
        description="Free bytes of the disks of home and archive below which no new file is taken.",
    )
    x12_max_element_bytes: int = Field(
        default=UTMOST_LIMITS.element_bytes,
        ge=80,
        description="Longest X12 element that a profile may allow, in bytes.",
    )
    x12_max_segment_bytes: int = Field(
        default=UTMOST_LIMITS.segment_bytes,
        ge=256,
        description="Longest X12 segment that a profile may allow, in bytes; one is held in memory.",
    )
    x12_max_set_segments: int = Field(
        default=UTMOST_LIMITS.set_segments,
        ge=2,
        description="Most segments of one X12 transaction set that a profile may allow.",
    )
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="Least severe log line written."
    )
    web_host: str = Field(
        default="127.0.0.1", description="Address that /metrics, /healthz and /readyz are served on."
    )
    web_port: int = Field(
        default=9465,
        ge=0,
        le=65535,
        description="Port of it; 0 takes any free one. A taken port gives way to the next.",
    )
    web_allow: str = Field(
        default=", ".join(LOOPBACK),
        description="Networks that are answered there, with commas between; all others are refused.",
    )
    push_host: str = Field(
        default="127.0.0.1",
        description="Address of the door that our ERP pushes documents through; it opens with the first "
        "channel of kind http.",
    )
    push_port: int = Field(
        default=9466,
        ge=0,
        le=65535,
        description="Port of it; 0 takes any free one. A taken port gives way to the next.",
    )
    push_tls_certificate: str = Field(
        default="",
        description="Its certificate with the chain, PEM, from the home; empty: plain HTTP, for this machine "
        "or behind a proxy that has one.",
    )
    push_tls_key: str = Field(
        default="", description="Its private key, PEM, from the home; empty: in the certificate's file."
    )
    gateway_name: str = Field(
        default="tradepost",
        min_length=1,
        max_length=60,
        description="What this gateway is called in notices, where there are several.",
    )
    alert_mail_to: str = Field(
        default="",
        description="Mail addresses that are told what is the matter, with commas between; a partner's "
        "profile may name others for its own.",
    )
    alert_webhook_url: str = Field(
        default="", description="URL that is told of every alert, as JSON; empty: none."
    )
    alert_webhook_secret: str = Field(
        default="",
        description="Where the key is that signs what the webhook is told, env:NAME or file:path; empty: "
        "unsigned.",
    )
    alert_webhook_hosts: str = Field(
        default="",
        description="Private or loopback hosts that the webhook may be at, with commas between; others must "
        "be public.",
    )
    alert_window_s: float = Field(
        default=3600.0, gt=0, description="Seconds at least between two notices of one cause that goes on."
    )
    alert_quiet_s: float = Field(
        default=86_400.0, gt=0, description="Seconds after a cause's last reject until it counts as over."
    )
    overdue_documents_s: float = Field(
        default=14_400.0,
        gt=0,
        description="Seconds a document or an answer may be on its way before people are told.",
    )
    mail_host: str = Field(default="", description="Mail server for notices; empty: no mail is sent.")
    mail_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    mail_security: str = Field(
        default="starttls",
        pattern="^(starttls|tls|none)$",
        description="How the mail server is spoken to; none only for one on this machine.",
    )
    mail_from: str = Field(
        default="", description="Address that notices come from; empty: tradepost at the mail server."
    )
    mail_user: str = Field(default="", description="User at the mail server; empty: it asks for none.")
    mail_password: str = Field(
        default="",
        description="Where the password for the mail server is: env:NAME or file:path.",
    )
    mail_ca_file: str = Field(
        default="",
        description="Certificates to trust at the mail server, PEM, from the home; empty: the machine's own.",
    )
    log_stderr: str = Field(
        default="off",
        pattern="^(off|auto|json|text)$",
        description="Whether log lines go to stderr, too; auto is text on a terminal, JSON elsewhere.",
    )
    stop_s: float = Field(
        default=25.0,
        ge=0,
        description="Seconds that work in hand gets to finish when the gateway is told to stop.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Named values first, then the environment, then the file in the home."""
        del dotenv_settings, file_secret_settings
        home = Path(str(init_settings().get("home", default_home())))
        file = TomlConfigSettingsSource(settings_cls, home / SETTINGS_FILE)
        return init_settings, env_settings, file

    @field_validator("sftp_penalty_exempt", "web_allow")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for network in text.split(","):
            if network.strip():
                ip_network(network.strip())
        return text

    @field_validator("alert_webhook_secret", "mail_password")
    @classmethod
    def _is_a_reference(cls, text: str) -> str:
        if _REFERENCE.fullmatch(text) is None:
            raise ValueError("must say where the secret is, env:NAME or file:path, never the secret itself")
        return text

    @field_validator("alert_mail_to", "mail_from")
    @classmethod
    def _are_mail_addresses(cls, text: str) -> str:
        if not all(_MAIL.fullmatch(address) for address in _listed(text)):
            raise ValueError("must be mail addresses, NAME@HOST")
        return text

    @property
    def penalty_exempt(self) -> tuple[str, ...]:
        """Networks that are never shut out of the SFTP server."""
        return _listed(self.sftp_penalty_exempt)

    @property
    def web_networks(self) -> tuple[str, ...]:
        """Networks that are answered by the status server."""
        return _listed(self.web_allow)

    @property
    def alert_mails(self) -> tuple[str, ...]:
        """Who is told what is the matter."""
        return _listed(self.alert_mail_to)

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """Hosts that the webhook may be at although they are not public."""
        return frozenset(host.lower() for host in _listed(self.alert_webhook_hosts))

    @property
    def effective_database_url(self) -> str:
        """The ledger's URL with the default filled in."""
        return self.database_url or f"sqlite:///{self.home / 'tradepost.db'}"

    @property
    def effective_archive_url(self) -> str:
        """The archive's URL or folder with the default filled in."""
        return self.archive_url or str(self.home / "archive")

    @property
    def x12_limits(self) -> Limits:
        """The widest limits that a profile may set."""
        return Limits(self.x12_max_element_bytes, self.x12_max_segment_bytes, self.x12_max_set_segments)

    @property
    def host_key_file(self) -> Path:
        """Where the SFTP server's host key is."""
        return self.home / (self.sftp_host_key or "keys/host_ed25519")

    @property
    def shares_work(self) -> bool:
        """Whether any number of processes may run stages."""
        if self.job_runner == "auto":
            return not self.effective_database_url.startswith("sqlite")
        return self.job_runner == "procrastinate"

    @property
    def partners_folder(self) -> Path:
        """Where the live partner profiles lie."""
        return self.home / "partners"

    @property
    def spool_folder(self) -> Path:
        """Where uploads are written before they are kept."""
        return self.home / "spool"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def load_settings(home: Path | None = None) -> Settings:
    """The settings of `home`.

    Raises pydantic.ValidationError, which names the field that is wrong, or TradepostError GTW-024.
    """
    folder = (home or default_home()).absolute()
    try:
        return Settings(home=folder)
    except tomllib.TOMLDecodeError as fault:
        raise TradepostError(
            "GTW-024",
            f"{folder / SETTINGS_FILE}: {fault}.",
            "docs/settings.md shows how settings are written.",
        ) from fault
