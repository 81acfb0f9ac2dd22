"""SQL of the schema's later steps, one module each; `monitor.migrations` applies them."""
