"""What a run reports: `report.json`, `summary.json`, and the lines on a terminal."""
