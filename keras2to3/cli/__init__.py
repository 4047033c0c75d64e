"""The command line: arguments, their values, and what each verb starts."""
