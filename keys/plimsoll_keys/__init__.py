"""Who may sign: key files, verifier keys, proof of possession. Imports nothing of ours."""
