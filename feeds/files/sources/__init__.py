"""Files, archives and Parquet as blocks of bytes or rows."""
