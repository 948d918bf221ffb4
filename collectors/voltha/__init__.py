"""VOLTHA's devices, answers and events in the access network's words; no input or output."""
