"""Writing to MyQ by its CSV import: whole users in a file, and the settings the import must be run with.

One run of the import creates and updates the users in the file, and deletes those of its synchronization
source who are not in it where it is told to. It knows nothing of our changes. So the file is made such
that a run does what is approved, and to everybody else nothing.
"""
