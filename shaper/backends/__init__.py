"""The kinds of routers: one file each, all `shaper.backend.Backend`s."""
