"""seal: the chain over the audit log

Revision: 0006_seal
After: 0005_rights
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0006_seal'
down_revision = '0005_rights'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# SQLite has no rights: what may not be changed is refused by the tables themselves. MariaDB: `flask db grants`.
GUARDED = ('audit_log', 'audit_seal')


def _ascii(length):
    return sa.String(length=length).with_variant(
        mysql.VARCHAR(charset='ascii', collation='ascii_bin', length=length), 'mysql', 'mariadb'
    )


def upgrade():
    op.create_table(
        'audit_seal',
        sa.Column('audit_log_id', KEY, autoincrement=False, nullable=False),
        sa.Column('sequence', KEY, nullable=False),
        sa.Column('previous_hash', _ascii(64), nullable=False),
        sa.Column('hash', _ascii(64), nullable=False),
        sa.Column('key_name', _ascii(16), nullable=False),
        sa.Column(
            'created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ['audit_log_id'], ['audit_log.audit_log_id'], name=op.f('fk_audit_seal_audit_log_id')
        ),
        sa.PrimaryKeyConstraint('audit_log_id', name=op.f('pk_audit_seal')),
        sa.UniqueConstraint('sequence', name=op.f('uq_audit_seal_sequence')),
        mysql_charset='utf8mb4',
        mysql_collate='utf8mb4_bin',
        mysql_engine='InnoDB',
    )
    if _is_sqlite():
        for table in GUARDED:
            for verb in ('update', 'delete'):
                op.execute(
                    f'CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} '
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            # REPLACE deletes without asking the trigger above
            op.execute(
                f'CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} '
                f'WHEN EXISTS (SELECT 1 FROM {table} WHERE audit_log_id = NEW.audit_log_id) '
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade():
    if _is_sqlite():
        for table in GUARDED:
            for verb in ('update', 'delete', 'replace'):
                op.execute(f'DROP TRIGGER IF EXISTS {table}_no_{verb}')
    op.drop_table('audit_seal')


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'
