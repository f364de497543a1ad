"""The demonstration city: made, played and kept alive through the same code that people use.

claim: whose database it is.  city: the roster and its two rounds.  people: who stands behind the doors.
history, story, talks: two weeks played.  present: the meeting that is going on now.
"""
