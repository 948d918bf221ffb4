"""The daemon that makes router queues what was bought, and keeps them so."""
