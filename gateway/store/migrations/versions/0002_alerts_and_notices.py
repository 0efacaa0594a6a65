"""Alerts and notices"""

import gateway.store.columns
import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alert',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('partner', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('destination', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('says', sa.Text(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.Column('tell_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('first_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name='alert_state'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.create_index('alert_cause', ['cause'], unique=True, sqlite_where=sa.text('resolved_at IS NULL'), postgresql_where=sa.text('resolved_at IS NULL'))
        batch_op.create_index('alert_state', ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_partner'), ['partner'], unique=False)

    op.create_table('event_cursor',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('alert_subject',
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('alert_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], ),
    sa.PrimaryKeyConstraint('event_id')
    )
    with op.batch_alter_table('alert_subject', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_subject_alert_id'), ['alert_id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('alert_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('not_before', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'dead')", name='notice_state'),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_alert_id'), ['alert_id'], unique=False)
        batch_op.create_index('notice_due', ['state', 'not_before'], unique=False)

    # What happened before there were alerts is told nobody any more.
    op.execute("INSERT INTO event_cursor (name, position) SELECT 'alerts', COALESCE(MAX(id), 0) FROM event")



def downgrade() -> None:
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('notice_due')
        batch_op.drop_index(batch_op.f('ix_notice_alert_id'))

    op.drop_table('notice')
    with op.batch_alter_table('alert_subject', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_subject_alert_id'))

    op.drop_table('alert_subject')
    op.drop_table('event_cursor')
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_partner'))
        batch_op.drop_index('alert_state')
        batch_op.drop_index('alert_cause', sqlite_where=sa.text('resolved_at IS NULL'), postgresql_where=sa.text('resolved_at IS NULL'))

    op.drop_table('alert')
