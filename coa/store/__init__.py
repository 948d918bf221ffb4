"""Everything that coa reads from and writes to Postgres."""
