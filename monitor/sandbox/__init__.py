"""The separate process that reads files from elsewhere, with limits, so that a hostile file costs one process."""
