"""The parts of benchmarks/stream_client.py: a server, the clients that read from it, and what is measured of them."""
