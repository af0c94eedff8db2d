"""Mutated inputs: whatever the bytes, the outcome is a result or one message.

python -m fuzz.run --format h5 --count 10000
"""
