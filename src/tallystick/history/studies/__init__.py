"""Studies: questions that people ask of the firm's history, each a named query with a chart and a table."""
