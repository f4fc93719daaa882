"""What is installed: reading a model's kind from its files."""
