"""The edit core: pure functions of numpy arrays, from crop to layer."""
