"""What the pages read: a file for each page, and the operators' own rows."""
