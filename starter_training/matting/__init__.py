"""How the small network is made that refines where a subject ends (bridge_server/models/shipped/refiner.onnx)."""
