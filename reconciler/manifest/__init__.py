"""From YAML in sources.d/ to compiled rules, or to a list of every problem."""
