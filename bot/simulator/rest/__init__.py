"""The REST API, one module per subject."""
