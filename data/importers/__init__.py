"""Company files, read row by row: CSV and Excel."""
