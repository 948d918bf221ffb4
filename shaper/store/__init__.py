"""Everything that the shaper reads from and writes to Postgres."""
