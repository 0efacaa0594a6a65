"""Work on many machines: nodes, order, rank; procrastinate on PostgreSQL"""

from pathlib import Path

import gateway.store.columns
import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

#: The schema of the procrastinate that is in the lock file, as its makers ship it (MIT licence).
PROCRASTINATE = Path(__file__).parents[1] / 'procrastinate_3_10.sql'
OPEN = "state IN ('waiting', 'running')"
INDICES = {
    'task_ordered': (['order_key', 'id'], f"order_key IS NOT NULL AND {OPEN}"),
    'task_rank': (['partner', 'rank'], f"rank > 0 AND {OPEN}"),
    'task_served': (['rank'], "rank > 0 AND state = 'running'"),
}
#: By the task that a job runs; a job carries nothing else.
JOB_TASK = "CREATE INDEX tradepost_job_task ON procrastinate_jobs (((args ->> 'task')::bigint))"


def upgrade() -> None:
    op.create_table('node',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('roles', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('started_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('doing', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    # Plain ADD COLUMN on both databases: a node of before goes on inserting without them.
    op.add_column('task', sa.Column('order_key', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('task', sa.Column('rank', sa.BigInteger(), nullable=False, server_default='0'))
    for name, (columns, where) in INDICES.items():
        op.create_index(name, 'task', columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    if op.get_bind().dialect.name == 'postgresql':
        # By psycopg itself, in this same transaction: many statements at once, and no parameters.
        driver = op.get_bind().connection.driver_connection
        driver.execute(PROCRASTINATE.read_text('utf-8'))
        driver.execute(JOB_TASK)


def downgrade() -> None:
    for name in INDICES:
        op.drop_index(name, 'task')
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.drop_column('rank')
        batch_op.drop_column('order_key')
    op.drop_table('node')
