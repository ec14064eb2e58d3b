"""A declarative GitOps reconciler for MyQ user synchronization."""
