"""The room's SQL, one file per table or hot path."""
