"""What happens in the chair: treatments, items on teeth, diagnoses, findings, prescriptions."""
