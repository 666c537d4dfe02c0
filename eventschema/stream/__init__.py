"""Many events: read from files of JSON lines, and replayed in their order.

``envelopes`` says which part of a line is the event, ``reading`` gets lines out of files (it needs the extra
``stream``), ``replay`` merges event after event, ``account`` keeps what a report of that needs.
"""
