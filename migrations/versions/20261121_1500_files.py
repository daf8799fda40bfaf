"""medical files have a note, and are marked invalid instead of removed

Revision: 0003_files
After: 0002_every_table
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0003_files'
down_revision = '0002_every_table'
branch_labels = None
depends_on = None

INVALID = '(invalid_at IS NULL) = (invalid_reason IS NULL)'
# the view as it stood; what is invalid is left out from now on
_PARTS = """
    SELECT 'treatment' AS kind, treatment_id AS row_key, patient_id, treatment_date AS at, treatment_id,
        doctor_id AS employee_id, %(nothing)s AS tooth_id, visit_type AS code, chief_complaint AS detail
    FROM treatment
    UNION ALL
    SELECT 'diagnosis', d.treatment_diagnosis_id, t.patient_id, t.treatment_date, d.treatment_id,
        t.doctor_id, d.tooth_id, c.code, d.note
    FROM treatment_diagnosis d JOIN treatment t ON t.treatment_id = d.treatment_id
        JOIN diagnosis_code c ON c.diagnosis_code_id = d.diagnosis_code_id
    UNION ALL
    SELECT 'note', n.soap_note_id, t.patient_id, n.created_at, n.treatment_id, t.doctor_id, %(nothing)s,
        CASE WHEN n.signed_at IS NULL THEN 'draft' ELSE 'signed' END, n.assessment
    FROM soap_note n JOIN treatment t ON t.treatment_id = n.treatment_id
    UNION ALL
    SELECT 'finding', tooth_finding_id, patient_id, %(noted)s, treatment_id, noted_by, tooth_id, `condition`, surfaces
    FROM tooth_finding
    UNION ALL
    SELECT 'prescription', prescription_id, patient_id, COALESCE(issued_at, created_at), treatment_id, doctor_id,
        %(nothing)s, status, note
    FROM prescription
    UNION ALL
    SELECT 'file', medical_file_id, patient_id, %(taken)s, treatment_id, %(nothing)s, tooth_id, category, title
    FROM medical_file %(valid)s
"""
_SQLITE = {
    'nothing': 'NULL',
    'noted': "noted_on || ' 00:00:00.000000'",
    'taken': "taken_on || ' 00:00:00.000000'",
}
_MARIADB = {
    'nothing': 'CAST(NULL AS SIGNED)',
    'noted': 'CAST(noted_on AS DATETIME(6))',
    'taken': 'CAST(taken_on AS DATETIME(6))',
}


def upgrade():
    op.execute('DROP VIEW medical_record')
    with op.batch_alter_table('medical_file', recreate='always' if _is_sqlite() else 'never') as batch_op:
        batch_op.add_column(sa.Column('note', sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column('invalid_at', _INSTANT, nullable=True))
        batch_op.add_column(sa.Column('invalid_by', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('invalid_reason', sa.String(length=255), nullable=True))
        batch_op.create_foreign_key(op.f('fk_medical_file_invalid_by'), 'ab_user', ['invalid_by'], ['id'])
        batch_op.create_check_constraint(op.f('ck_medical_file_invalid_has_a_reason'), sa.text(INVALID))
    _make_view('WHERE invalid_at IS NULL')


def downgrade():
    op.execute('DROP VIEW medical_record')
    with op.batch_alter_table('medical_file', recreate='always' if _is_sqlite() else 'never') as batch_op:
        batch_op.drop_constraint(op.f('ck_medical_file_invalid_has_a_reason'), type_='check')
        batch_op.drop_constraint(op.f('fk_medical_file_invalid_by'), type_='foreignkey')
        for name in ('note', 'invalid_at', 'invalid_by', 'invalid_reason'):
            batch_op.drop_column(name)
    _make_view('')


_INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _make_view(valid):
    op.execute('CREATE VIEW medical_record AS ' + _PARTS % {**(_SQLITE if _is_sqlite() else _MARIADB), 'valid': valid})
