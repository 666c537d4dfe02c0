"""Many events, or whole track requests: read from files of JSON lines, and replayed in their order.

``reading`` gets the lines out of files, ``decoding`` makes objects of them (both need the extra ``stream``), and
``envelopes`` says which part of an object is the event. ``replay`` merges event after event,
``track_replay`` decides on request after request, and ``account`` keeps what a report of either needs.
"""
