"""Statements: what each kind says (`kinds`), how it is laid out (`statement`), how it is signed (`envelope`).

Reading order: `kinds`, one family (`models`, say), `statement`, `envelope`. A new kind is a Struct and a
`Kind` in a family's module, or a new module named in `kinds.FAMILIES`; nothing else here has to change.
"""
