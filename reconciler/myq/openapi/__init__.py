"""An installation's OpenAPI file read, and what it offers bound to the operations that are needed."""
