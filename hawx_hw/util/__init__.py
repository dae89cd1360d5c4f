"""What any room may use: files, native code, tables, plots, progress."""
