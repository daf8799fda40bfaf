"""a code of a second factor opens once

Revision: 0004_door
After: 0003_files
"""

import sqlalchemy as sa
from alembic import op

revision = '0004_door'
down_revision = '0003_files'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        'user_profile',
        sa.Column('totp_step', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    )


def downgrade():
    op.drop_column('user_profile', 'totp_step')
