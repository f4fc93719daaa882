"""The edit core: pure functions of numpy arrays, from crop to layer. docs/edit-core.md explains the steps."""
