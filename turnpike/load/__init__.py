"""The load generator behind `turnpike radius load` and `make bench`."""
