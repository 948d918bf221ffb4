"""Everything that the collectors read from and write to Postgres."""
