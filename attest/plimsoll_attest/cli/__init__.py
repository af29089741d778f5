"""The `plimsoll` command. Enter at `main.py`; `table.py` names every command, and each family is a module."""
