"""What crosses a process or ends in a report: frozen dataclasses that JSON carries both ways."""
