"""What several tests share: servers, makers of files, programs that are killed."""
