"""A verdict tells what it stands on, so that it need not be judged again while that is the same.

The digest of the diagnosis, which stood in the column before, fits no new one: each verdict is judged once more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("asked", sa.Text, nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    op.drop_column("verdicts", "asked")
