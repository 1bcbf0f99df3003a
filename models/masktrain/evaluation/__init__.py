"""How well a model does, measured and written down."""
