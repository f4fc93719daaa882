"""How the starter model is made: data, training, measuring, export. docs/starter-model.md tells the whole story."""
