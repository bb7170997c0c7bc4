"""The renderer: manifests, gateway and API descriptions, all derived from the declarations."""
