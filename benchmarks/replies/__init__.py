"""The parts of benchmarks/streaming.py: the model, the person who watches, the bots and the report."""
