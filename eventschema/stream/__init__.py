"""Many events: read from files of JSON lines, and replayed in their order.

``reading`` gets the lines out of files, ``decoding`` makes objects of them (both need the extra ``stream``), and
``envelopes`` says which part of an object is the event. ``replay`` merges event after event, and ``account`` keeps what
a report of that needs.
"""
