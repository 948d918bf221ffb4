"""The migrations, oldest first; `database/migrate.py` runs them."""
