"""The parts of benchmarks/streaming.py: a model, a person who watches, the bots that answer, and what it all gives."""
