"""Every step from one version of a ledger to the next, in order."""
