"""What is known of logins, the attempts that are counted, our own secrets, and answers that nobody knows yet."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _company_id() -> sa.String:
    """Text that sorts by code point on both databases."""
    return sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("companies", sa.Column("smtp_changed_at", MOMENT))
    _logins()
    _attempts()
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("token", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "unmatched_replies",
        sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("provider", sa.String(100), nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("enhanced_code", sa.String(12), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.Float, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
    )


def _logins() -> None:
    op.create_table(
        "logins",
        sa.Column(
            "company_id",
            _company_id(),
            sa.ForeignKey("companies.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("settings_at", MOMENT),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("standing", sa.JSON, nullable=False),
        sa.Column("next_at", sa.Float),
        sa.Column("tried_at", sa.Float, nullable=False),
        sa.Column("dialogue", sa.JSON, nullable=False),
        sa.Column("found", sa.JSON),
    )
    op.create_index("ix_logins_fingerprint", "logins", ["fingerprint"])


def _attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("company_id", _company_id(), nullable=False),
        sa.Column("settings_at", MOMENT),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("mailbox", sa.String(64), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("provider_group", sa.String(100), nullable=False),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("began_at", sa.Float, nullable=False),
        sa.Column("lease_until", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("auths", sa.Integer, nullable=False),
        sa.Column("result", sa.String(12), nullable=False),
        sa.Column("cause", sa.String(80), nullable=False),
    )
    for column in ("fingerprint", "ended_at"):
        op.create_index(f"ix_login_attempts_{column}", "login_attempts", [column])
    of_address = ["address", "ended_at", "result", "cause"]
    op.create_index("ix_login_attempts_of_address", "login_attempts", of_address)
    of_group = ["provider_group", "cause", "ended_at", "result"]
    op.create_index("ix_login_attempts_of_group", "login_attempts", of_group)


def downgrade() -> None:
    for table in ("unmatched_replies", "secrets", "login_attempts", "logins"):
        op.drop_table(table)
    op.drop_column("companies", "smtp_changed_at")
