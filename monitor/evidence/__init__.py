"""What a stranger can check without this program: checkpoints, keys, time stamps, web archive files, packets."""
