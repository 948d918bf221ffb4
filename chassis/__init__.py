"""What every daemon is made of: start, stop, reload, log, measure, health, systemd."""
