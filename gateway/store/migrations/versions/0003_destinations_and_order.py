"""Destinations, what waits for them, order, and replays"""

import gateway.store.columns
import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def counted():
    return sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.create_table('destination',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(length=63), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('openings', sa.Integer(), nullable=False),
    sa.Column('last_failed', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('probe_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=True),
    sa.Column('probe', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('since', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('by_person', sa.Boolean(), nullable=False),
    sa.Column('credentials', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('turn_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('closed', 'open', 'half_open', 'paused')", name='destination_state'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('parked',
    counted(),
    sa.Column('consignment_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('destination', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('waits_for', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignment.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('consignment_id', name='parked_once')
    )
    with op.batch_alter_table('parked', schema=None) as batch_op:
        batch_op.create_index('parked_place', ['destination', 'waits_for', 'id'], unique=False)

    op.create_table('turn',
    counted(),
    sa.Column('lane', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('consignment_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignment.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('lane', 'consignment_id', name='turn_once')
    )
    with op.batch_alter_table('turn', schema=None) as batch_op:
        batch_op.create_index('turn_place', ['lane', 'id'], unique=False)
        batch_op.create_index('turn_consignment', ['consignment_id'], unique=False)

    op.create_table('replay',
    sa.Column('transmission_id', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('profile_version', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('document_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('keys', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('asked_at', gateway.store.columns.UtcDateTime(timezone=True), nullable=False),
    sa.Column('asked_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['transmission_id'], ['transmission.id'], ),
    sa.PrimaryKeyConstraint('transmission_id', 'generation')
    )
    op.add_column('consignment', sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_index(op.f('ix_consignment_cause'), 'consignment', ['cause'], unique=False)
    op.add_column('consignment', sa.Column('shaped_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('delivery', sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('delivery', sa.Column('reference', sqlmodel.sql.sqltypes.AutoString(), nullable=True))


def downgrade() -> None:
    op.drop_column('delivery', 'reference')
    op.drop_column('delivery', 'outcome')
    op.drop_column('consignment', 'shaped_by')
    op.drop_index(op.f('ix_consignment_cause'), table_name='consignment')
    op.drop_column('consignment', 'cause')
    op.drop_table('replay')
    op.drop_table('turn')
    op.drop_table('parked')
    op.drop_table('destination')
