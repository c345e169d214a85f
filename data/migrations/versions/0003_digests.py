"""Whether a fact or a diagnosis is news is told by a digest, so that a scan writes only what changed.

SQLite keeps the facts in the order of their key, which halves what it takes to write one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _digest() -> sa.Column[int]:
    return sa.Column("digest", sa.BigInteger, nullable=False, server_default="0")


def upgrade() -> None:
    op.add_column("verdicts", _digest())
    as_keyed = {"sqlite_with_rowid": False}
    with op.batch_alter_table("observations", recreate="auto", table_kwargs=as_keyed) as table:
        table.add_column(_digest())
        if op.get_bind().dialect.name == "sqlite":
            table.alter_column(
                "server", existing_type=sa.String(100), nullable=False
            )  # so that it is made anew


def downgrade() -> None:
    op.drop_column("verdicts", "digest")
    op.drop_column("observations", "digest")
