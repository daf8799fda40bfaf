"""Reports and the measures of each day."""
