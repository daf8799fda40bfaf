"""records merged into others, consents

Revision: 0005_rights
After: 0004_door
"""


import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0005_rights'
down_revision = '0004_door'
branch_labels = None
depends_on = None


def upgrade():
    _add_reference('patient', 'merged_into_id', 'patient', 'patient_id')
    op.create_index(op.f('ix_patient_merged_into_id'), 'patient', ['merged_into_id'], unique=False)
    op.add_column('patient', sa.Column('anonymised_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True))
    _kinds_of_jobs('patient-import', 'list-import', 'file-removal')
    op.create_table('patient_merge',
    sa.Column('patient_merge_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kept_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('merged_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('undone_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('undone_by', sa.Integer(), nullable=True),
    sa.Column('snapshot', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint('kept_id <> merged_id', name=op.f('ck_patient_merge_two_records')),
    sa.ForeignKeyConstraint(['by'], ['ab_user.id'], name=op.f('fk_patient_merge_by')),
    sa.ForeignKeyConstraint(['kept_id'], ['patient.patient_id'], name=op.f('fk_patient_merge_kept_id')),
    sa.ForeignKeyConstraint(['merged_id'], ['patient.patient_id'], name=op.f('fk_patient_merge_merged_id')),
    sa.ForeignKeyConstraint(['undone_by'], ['ab_user.id'], name=op.f('fk_patient_merge_undone_by')),
    sa.PrimaryKeyConstraint('patient_merge_id', name=op.f('pk_patient_merge')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_patient_merge_kept_id'), 'patient_merge', ['kept_id'], unique=False)
    op.create_index(op.f('ix_patient_merge_merged_id'), 'patient_merge', ['merged_id'], unique=False)
    op.create_table('consent_template',
    sa.Column('consent_template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=40).with_variant(mysql.VARCHAR(length=40, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('title_mn', sa.String(length=160), nullable=False),
    sa.Column('title_en', sa.String(length=160), nullable=False),
    sa.Column('body_mn', sa.Text(), nullable=False),
    sa.Column('body_en', sa.Text(), nullable=False),
    sa.Column('service_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('personal data', 'marketing', 'treatment', 'anaesthesia', 'photos')", name=op.f('ck_consent_template_kind')),
    sa.ForeignKeyConstraint(['service_type_id'], ['service_type.service_type_id'], name=op.f('fk_consent_template_service_type_id')),
    sa.PrimaryKeyConstraint('consent_template_id', name=op.f('pk_consent_template')),
    sa.UniqueConstraint('code', name=op.f('uq_consent_template_code')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_consent_template_service_type_id'), 'consent_template', ['service_type_id'], unique=False)
    op.create_table('consent',
    sa.Column('consent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('patient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('treatment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('consent_template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('locale', sa.String(length=24), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('signed_by', sa.String(length=120), nullable=False),
    sa.Column('signed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('way', sa.String(length=24), nullable=False),
    sa.Column('witness', sa.String(length=120), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=True),
    sa.Column('withdrawn_by', sa.Integer(), nullable=True),
    sa.Column('withdraw_reason', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.Column('updated_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'), nullable=False),
    sa.CheckConstraint("`kind` IN ('personal data', 'marketing', 'treatment', 'anaesthesia', 'photos')", name=op.f('ck_consent_kind')),
    sa.CheckConstraint("`locale` IN ('mn', 'en')", name=op.f('ck_consent_locale')),
    sa.CheckConstraint("`way` IN ('paper', 'electronic', 'spoken')", name=op.f('ck_consent_way')),
    sa.CheckConstraint('withdrawn_at IS NULL OR withdrawn_at >= signed_at', name=op.f('ck_consent_withdrawn_later')),
    sa.ForeignKeyConstraint(['consent_template_id'], ['consent_template.consent_template_id'], name=op.f('fk_consent_consent_template_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient.patient_id'], name=op.f('fk_consent_patient_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['ab_user.id'], name=op.f('fk_consent_recorded_by')),
    sa.ForeignKeyConstraint(['treatment_id'], ['treatment.treatment_id'], name=op.f('fk_consent_treatment_id')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['ab_user.id'], name=op.f('fk_consent_withdrawn_by')),
    sa.PrimaryKeyConstraint('consent_id', name=op.f('pk_consent')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_index(op.f('ix_consent_patient_id_kind_signed_at'), 'consent', ['patient_id', 'kind', 'signed_at'], unique=False)
    op.create_index(op.f('ix_consent_signed_at'), 'consent', ['signed_at'], unique=False)
    op.create_index(op.f('ix_consent_treatment_id'), 'consent', ['treatment_id'], unique=False)


def downgrade():
    op.execute("DELETE FROM job WHERE kind = 'file-removal'")
    _kinds_of_jobs('patient-import', 'list-import')
    for table in ('consent', 'consent_template', 'patient_merge'):
        op.drop_table(table)
    op.execute('ALTER TABLE patient DROP COLUMN anonymised_at')
    if not _is_sqlite():
        op.drop_constraint('fk_patient_merged_into_id', 'patient', type_='foreignkey')
    op.drop_index('ix_patient_merged_into_id', table_name='patient')
    op.execute('ALTER TABLE patient DROP COLUMN merged_into_id')


def _kinds_of_jobs(*kinds):
    """What a job may be. SQLite makes a copy of the table: nothing points at a job."""
    words = ', '.join(f"'{kind}'" for kind in kinds)
    if _is_sqlite():
        with op.batch_alter_table('job', recreate='always') as batch_op:
            batch_op.create_check_constraint(op.f('ck_job_kind'), sa.text(f'`kind` IN ({words})'))
            batch_op.create_check_constraint(op.f('ck_job_progress_range'), sa.text('progress BETWEEN 0 AND 100'))
    else:
        op.execute('ALTER TABLE job DROP CONSTRAINT ck_job_kind')
        op.execute(f'ALTER TABLE job ADD CONSTRAINT ck_job_kind CHECK (`kind` IN ({words}))')


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _add_reference(table, column, target, key):
    """A nullable foreign key. SQLite takes it with the column: a copy of the table would lose what points at it."""
    name = f'fk_{table}_{column}'
    if _is_sqlite():
        op.execute(f'ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} ({key})')
    else:
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(name, table, target, [column], [key])
