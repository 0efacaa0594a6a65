"""Numbers that the database counts have 64 bits on PostgreSQL, as they always had on SQLite"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import OperationalError

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

#: In the order in which nodes write them.
TABLES = ('task', 'finding', 'event')
#: Shorter than PostgreSQL waits before it looks for a deadlock, and then ends one of us or of them.
LOCK_WAIT = "SET LOCAL lock_timeout = '500ms'"
#: Attempts to have all tables at once; between two of them other nodes go on.
MOST_ATTEMPTS = 600


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        _have_all_tables(op.get_bind())
        for name in TABLES:
            op.alter_column(name, 'id', type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
            op.execute(f'ALTER SEQUENCE {name}_id_seq AS BIGINT')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for name in TABLES:
            op.alter_column(name, 'id', type_=sa.Integer(), existing_type=sa.BigInteger(), existing_nullable=False)
            op.execute(f'ALTER SEQUENCE {name}_id_seq AS INTEGER')


def _have_all_tables(connection):
    """Lock them for the change. Other nodes at work lose no transaction for it: who waits too long is we."""
    connection.execute(sa.text(LOCK_WAIT))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with connection.begin_nested():
                connection.execute(sa.text(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE"))
            return
        except OperationalError:
            if attempt == MOST_ATTEMPTS:
                raise
