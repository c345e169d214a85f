"""Alembic's entry: `data.engine` hands over a connection, inside the transaction that it has begun."""

from alembic import context

from data.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
