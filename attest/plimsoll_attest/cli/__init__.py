"""The `plimsoll` command. Enter at `main.py`; `table.py` names every command.

Each family has a light module, which holds its options and help and imports nothing but click (`gate`),
and, where there is more to do, one beside it that does it (`gating`); `--help` and TAB never come as far
as the second.
"""
