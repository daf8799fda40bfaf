"""Reading the files of patient lists, and keeping them until they are imported."""
