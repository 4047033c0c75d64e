"""Readers for untrusted files: they check sizes before they allocate, and follow no links."""
