"""How a function's process is made: by forking one that has everything loaded, or by exec."""
