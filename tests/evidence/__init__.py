"""What strangers can check: keys, checkpoints, time stamps, web archive files, packets."""
