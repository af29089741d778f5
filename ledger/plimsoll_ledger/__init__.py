"""Keep an append-only log: an RFC 6962 tree stored as C2SP tiles, its checkpoints, its proofs.

The package appends blobs and knows nothing of what they say: whoever uses it passes an
`admission.Admission`, which runs inside the section that moves the head. Enter at `sequencer.py`.
"""
