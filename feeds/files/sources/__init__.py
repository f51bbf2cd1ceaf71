"""Opens files, archives and Parquet, and reads them as blocks of text or tables."""
