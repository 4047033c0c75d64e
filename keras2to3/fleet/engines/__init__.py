"""What starts the commands of shards on other machines. The only one is Dask; other schedulers run the same command."""
