"""Many pictures out of a bucket, or a folder: one result for each, whatever happens on the way."""
