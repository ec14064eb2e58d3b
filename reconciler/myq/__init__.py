"""The only code that knows how MyQ is read and written."""
