"""How each operation is carried out: one runner per operation of bridge_server/operations."""
