"""A witness: it remembers the newest tree of each log it follows, and cosigns only what continues it.

A reader starts at `core`: the checks of add-checkpoint, in order. `request` is the format of what is asked,
`state` what is remembered, `app` and `server` the HTTP around it, `client` the other side of it.
"""
