"""A MyQ to try things on: documented behaviour, named assumptions, injected faults."""
