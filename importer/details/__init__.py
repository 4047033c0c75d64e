"""What the page of a report shows beyond the report: pictures of both models, outputs, layers and weights."""
