"""The steps of the clinic's day that cross rooms."""
