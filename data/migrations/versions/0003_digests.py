"""Whether a fact or a diagnosis is news is told by a digest, so that a scan writes only what changed.

SQLite keeps the facts in the order of their key, which halves what it takes to write one. Lists and counts read
`ix_verdicts_of_company`; the indexes of one column cost each verdict more than they spared any page."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _digest() -> sa.Column[int]:
    return sa.Column("digest", sa.BigInteger, nullable=False, server_default="0")


ONE_COLUMN = ("verdict", "severity", "cause", "address", "spf", "smtp")


def upgrade() -> None:
    for column in ONE_COLUMN:
        op.drop_index(f"ix_verdicts_{column}", "verdicts")
    op.add_column("verdicts", _digest())
    anew: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    as_keyed = {"sqlite_with_rowid": False}
    with op.batch_alter_table("observations", recreate=anew, table_kwargs=as_keyed) as table:
        table.add_column(_digest())


def downgrade() -> None:
    for column in ONE_COLUMN:
        op.create_index(f"ix_verdicts_{column}", "verdicts", [column])
    op.drop_column("verdicts", "digest")
    op.drop_column("observations", "digest")
