"""One track request: a contact and an event, taken apart and decided on. Pure: no I/O, no clock, no state."""
