"""The parts of benchmarks/stream_client.py: the server, the clients, the measurements and the report."""
