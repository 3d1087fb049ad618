"""Layers: a source with its models, what is shown when something is late, how layers are mixed, their children."""
