"""The tables. Facts (observations) and what follows from them (verdicts) stand apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in, UTC datetimes out, on SQLite as on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def by_code_point(kind: type[String], length: int | None = None) -> String:
    """Text that sorts by code point on both databases, whatever PostgreSQL's locale is."""
    return kind(length).with_variant(kind(length, collation="C"), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CompanyRow(Base):
    """A company as the last file that named it says. Text is as typed: hostile."""

    __tablename__ = "companies"

    id: Mapped[str] = mapped_column(by_code_point(String, 200), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, default="")
    email_validated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sending_method: Mapped[str] = mapped_column(String(20), default="platform")
    from_address: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(100), default="")
    segment: Mapped[str] = mapped_column(String(200), default="")
    smtp_host: Mapped[str] = mapped_column(Text, default="")
    smtp_port: Mapped[int | None] = mapped_column(Integer)
    smtp_security: Mapped[str] = mapped_column(String(20), default="")
    smtp_username: Mapped[str] = mapped_column(Text, default="")
    smtp_password: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A Fernet token, never clear text."""
    smtp_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When an import last changed host, port, security, user name or password."""
    domain: Mapped[str] = mapped_column(String(255), default="", index=True)
    """A-labels; of from_address, else of email; empty if neither has one."""
    search: Mapped[str] = mapped_column(Text, default="")
    """Case-folded name, id, e-mail, From address and domain (both forms), for LIKE."""
    sort_name: Mapped[str] = mapped_column(by_code_point(Text), default="")
    """The start of the case-folded name, to sort by: short enough for an index."""
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When an import last added or changed it."""
    gone_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when imports no longer name it; None while they do."""

    __table_args__ = (Index(None, "sort_name", "id"),)


class ObservationRow(Base):
    """The last known answer for a name and type, and the failure that came after it, if one did.

    A failure never erases an answer: `status`, `records` and `observed_at` stay, the `failed_*` columns tell.
    `status`: answer | nodata | nxdomain | unknown (never answered). Written only when something changes: when a
    company's facts were last seen stands in its verdict.
    """

    __tablename__ = "observations"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - as SQLAlchemy wants it

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(10), primary_key=True)
    status: Mapped[str] = mapped_column(String(10))
    records: Mapped[Any] = mapped_column(JSON, default=list)
    aliases: Mapped[Any] = mapped_column(JSON, default=list)
    ttl: Mapped[int] = mapped_column(Integer, default=0)
    digest: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of status, records and aliases (`data.digest`); 0 is not known."""
    observed_at: Mapped[float | None] = mapped_column(Float)
    """Epoch seconds: since when the answer is so."""
    failed_at: Mapped[float | None] = mapped_column(Float)
    """Epoch seconds: since when look-ups fail for this reason; None when the last one was answered."""
    failure: Mapped[str] = mapped_column(String(20), default="")
    server: Mapped[str] = mapped_column(String(100), default="")


class VerdictRow(Base):
    """What follows from the facts for one company: the export's columns, and the working as JSON."""

    __tablename__ = "verdicts"

    company_id: Mapped[str] = mapped_column(
        by_code_point(String, 200), ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    verdict: Mapped[str] = mapped_column(String(10))
    severity: Mapped[int] = mapped_column(Integer)
    """The verdict as a number, to sort by."""
    cause: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(20))
    spf: Mapped[str] = mapped_column(String(20))
    dmarc: Mapped[str] = mapped_column(String(20))
    smtp: Mapped[str] = mapped_column(String(20))
    provider: Mapped[str] = mapped_column(String(100), default="")
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the verdict became what it is."""
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When all that the verdict stands on was last seen."""
    attempted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When a scan last looked, with or without success."""
    digest: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of all that it stands on (`data.verdicts.Basis`); 0 is not known."""
    asked: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """What was asked for, as JSON: the verdict stands on the answers."""
    diagnosis: Mapped[Any] = mapped_column(JSON)
    """The whole `checks.diagnosis.Diagnosis`, for the drill-down."""

    __table_args__ = (
        # Lists and counts read this index alone: the rows are long, with a diagnosis in each.
        Index(
            "ix_verdicts_of_company",
            "company_id",
            "severity",
            "cause",
            "address",
            "spf",
            "smtp",
            "checked_at",
        ),
    )


class ScanRow(Base):
    """One scan: what it was to do and how far it came. `state`: running | done | interrupted | failed."""

    __tablename__ = "scans"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    companies: Mapped[int] = mapped_column(Integer, default=0)
    domains: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    queries: Mapped[int] = mapped_column(Integer, default=0)
    unknown: Mapped[int] = mapped_column(Integer, default=0)
    platform: Mapped[Any] = mapped_column(JSON)
    """The platform's own diagnosis of this scan (None when its domain is not set)."""


class LoginRow(Base):
    """What is known of one company's login; no row where none was tried. Times are epoch seconds."""

    __tablename__ = "logins"

    company_id: Mapped[str] = mapped_column(
        by_code_point(String, 200), ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    fingerprint: Mapped[str] = mapped_column(String(64), default="", index=True)
    """Of the credential that this is known of (`data.login_attempts`); empty where no key opened the password."""
    settings_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The company's `smtp_changed_at` when its settings were read. Another one now: this is of other settings."""
    state: Mapped[str] = mapped_column(String(12))
    standing: Mapped[Any] = mapped_column(JSON)
    """The whole `checks.smtp.standing.Standing`."""
    next_at: Mapped[float | None] = mapped_column(Float)
    """When to try next; None: not before the settings change."""
    tried_at: Mapped[float] = mapped_column(Float)
    dialogue: Mapped[Any] = mapped_column(JSON, default=list)
    """[who, text] for each line of the last try: printable, credentials hidden, hostile."""
    found: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """What `checks.smtp.discover` found and when; None where it was not asked."""


class LoginAttemptRow(Base):
    """One try, written before its AUTH left. Kept as long as a decision needs it. Times are epoch seconds."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    company_id: Mapped[str] = mapped_column(by_code_point(String, 200))
    """Whose it was. The history outlives the company: a password that is locked out stays so."""
    settings_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    """A keyed hash of host, user name and password."""
    mailbox: Mapped[str] = mapped_column(String(64))
    """A keyed hash of host and user name."""
    address: Mapped[str] = mapped_column(String(45), default="")
    provider_group: Mapped[str] = mapped_column(String(100), default="")
    asked: Mapped[bool] = mapped_column(Boolean)
    began_at: Mapped[float] = mapped_column(Float)
    lease_until: Mapped[float] = mapped_column(Float)
    """Until when it may be under way: longer than any login lasts. Then whoever made it is dead."""
    ended_at: Mapped[float | None] = mapped_column(Float, index=True)
    auths: Mapped[int] = mapped_column(Integer, default=0)
    """AUTH commands that left, each counted before it did."""
    result: Mapped[str] = mapped_column(String(12), default="")
    """`checks.smtp.result.Result`; empty while it is under way, or where the answer never was known."""
    cause: Mapped[str] = mapped_column(String(80), default="")

    __table_args__ = (
        # Whether a server or a provider is left alone is asked before each login: these say it by themselves.
        Index("ix_login_attempts_of_address", "address", "ended_at", "result", "cause"),
        Index("ix_login_attempts_of_group", "provider_group", "cause", "ended_at", "result"),
    )


class SecretRow(Base):
    """Secrets of our own. `fingerprint`: the key of the keyed hashes, which stays when other keys are rotated."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    """A Fernet token, never clear text."""


class UnmatchedReplyRow(Base):
    """What servers said that `checks/smtp/replies.toml` does not know, and how often. Hostile text, scrubbed."""

    __tablename__ = "unmatched_replies"

    digest: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    provider: Mapped[str] = mapped_column(String(100), default="")
    code: Mapped[int | None] = mapped_column(Integer)
    enhanced_code: Mapped[str] = mapped_column(String(12), default="")
    text: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[float] = mapped_column(Float)
    last_at: Mapped[float] = mapped_column(Float)
