"""SQL of the schema's steps, one module each: appended to, never edited. `monitor.store.migrations` applies them."""
