"""The access network as it is: pollers of OLTs, ONUs and routers. The room is empty so far."""
