"""Forges, where pull requests are reviewed: what is posted there, and who allowed what.

One port, an adapter for each of GitHub, GitLab and Azure DevOps. Nothing here decides: an approval that a
forge tells of ends in our own approval file, which `apply` reads like any other.
"""
