"""The company's desk: statements, imports, sign-offs, the gate and the `plimsoll` command."""

__version__ = "0.1.0"
