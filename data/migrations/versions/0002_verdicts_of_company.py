"""The index that lists and counts of companies read instead of the verdicts' long rows."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAME = "ix_verdicts_of_company"


def upgrade() -> None:
    columns = ["company_id", "severity", "cause", "address", "spf", "smtp", "checked_at"]
    op.create_index(NAME, "verdicts", columns)


def downgrade() -> None:
    op.drop_index(NAME, "verdicts")
