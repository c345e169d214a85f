"""Companies, DNS answers, verdicts and scans."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def ordered(kind: type[sa.String], length: int | None = None) -> sa.String:
    """Text that sorts by code point on both databases."""
    return kind(length).with_variant(kind(length, collation="C"), "postgresql")


def upgrade() -> None:
    _companies()
    _observations()
    _verdicts()
    _scans()


def _companies() -> None:
    op.create_table(
        "companies",
        sa.Column("id", ordered(sa.String, 200), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_validated_at", MOMENT),
        sa.Column("sending_method", sa.String(20), nullable=False),
        sa.Column("from_address", sa.Text, nullable=False),
        sa.Column("country", sa.String(100), nullable=False),
        sa.Column("language", sa.String(100), nullable=False),
        sa.Column("segment", sa.String(200), nullable=False),
        sa.Column("smtp_host", sa.Text, nullable=False),
        sa.Column("smtp_port", sa.Integer),
        sa.Column("smtp_security", sa.String(20), nullable=False),
        sa.Column("smtp_username", sa.Text, nullable=False),
        sa.Column("smtp_password", sa.LargeBinary),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("sort_name", ordered(sa.Text), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.Column("gone_since", MOMENT),
    )
    op.create_index("ix_companies_domain", "companies", ["domain"])
    op.create_index("ix_companies_sort_name_companies_id", "companies", ["sort_name", "id"])


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("type", sa.String(10), primary_key=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("records", sa.JSON, nullable=False),
        sa.Column("aliases", sa.JSON, nullable=False),
        sa.Column("ttl", sa.Integer, nullable=False),
        sa.Column("observed_at", sa.Float),
        sa.Column("failed_at", sa.Float),
        sa.Column("failure", sa.String(20), nullable=False),
        sa.Column("server", sa.String(100), nullable=False),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column(
            "company_id",
            ordered(sa.String, 200),
            sa.ForeignKey("companies.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("cause", sa.String(80), nullable=False),
        sa.Column("address", sa.String(20), nullable=False),
        sa.Column("spf", sa.String(20), nullable=False),
        sa.Column("dmarc", sa.String(20), nullable=False),
        sa.Column("smtp", sa.String(20), nullable=False),
        sa.Column("provider", sa.String(100), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("attempted_at", MOMENT, nullable=False),
        sa.Column("diagnosis", sa.JSON, nullable=False),
    )
    for column in ("verdict", "severity", "cause", "address", "spf", "smtp"):
        op.create_index(f"ix_verdicts_{column}", "verdicts", [column])


def _scans() -> None:
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("companies", sa.Integer, nullable=False),
        sa.Column("domains", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("queries", sa.Integer, nullable=False),
        sa.Column("unknown", sa.Integer, nullable=False),
        sa.Column("platform", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    for table in ("scans", "verdicts", "observations", "companies"):
        op.drop_table(table)
