"""The companies and their verdicts, as a file: CSV, Excel or Parquet."""
