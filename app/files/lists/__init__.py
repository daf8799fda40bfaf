"""Reading the spreadsheets that people bring along, and keeping them until they are imported."""
