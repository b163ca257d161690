"""Files: atomic writes, strict JSON, tensor files, arrays, downloads, and reasons for failures."""
