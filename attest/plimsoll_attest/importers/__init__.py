"""Readers that turn an evaluation tool's own files into the body of an `eval-result` statement.

They read and compute; nothing here writes, signs or knows a ledger. What a reader could not use it flags
(`body.Flags`), what it cannot read it refuses (`ImportFailed`), and a run that failed is a result too.
"""

from plimsoll_attest.importers.body import EvalResultBody, ImportedEval
from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.importers.inspect_log import read_inspect
from plimsoll_attest.importers.limits import DEFAULT_LIMITS, Limits
from plimsoll_attest.importers.lm_eval import read_lm_eval

__all__ = [
    "DEFAULT_LIMITS",
    "EvalResultBody",
    "ImportFailed",
    "ImportedEval",
    "Limits",
    "read_inspect",
    "read_lm_eval",
]
