"""One event against one schema: types, rules, values, schemas, violations. Pure: no I/O, no clock, no state."""
