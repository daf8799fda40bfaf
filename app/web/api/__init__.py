"""The REST API: `ClinicApi` in `rest.py`, what is declared in `table.py`, values on the wire in `fields.py`."""
