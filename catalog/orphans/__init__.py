"""The seven orphan lists: what of the directory is linked to nothing."""
