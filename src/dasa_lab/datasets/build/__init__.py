"""The data set builder: labelled links or files in, Parquet shards of aligned crops out. See docs/dataset.md."""
