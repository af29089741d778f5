"""Policies and their amendments: the body is the document itself, unsalted, because everybody must have it.

Its grammar is SPEC 7, which `plimsoll_attest.policyfile` checks with the verifier's own parser.
"""

from plimsoll_attest.statements.kinds import Kind

KINDS = (
    Kind("policy", None, (("policy",),), "A policy is adopted; see `plimsoll policy adopt`"),
    Kind("policy-amendment", None, (("policy",),), "A policy in force is replaced"),
)
