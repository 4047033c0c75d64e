"""What other programs read of a run: JUnit, SARIF, GitLab code quality, and GitHub's annotations and step summary."""
