"""`python -m plimsoll_verify` is `plimsoll-verify`."""

from plimsoll_verify.cli import main

main()
