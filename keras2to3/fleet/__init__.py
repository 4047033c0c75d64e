"""Migrations past one machine: a plan of shards, each run by a command of its own, and the summary of all.

    plan      lists the sources, names the result of each, and writes the shards to the target
    shard     runs one shard: downloads its sources, migrates them as `migrate` does, and uploads each result
    merge     makes the summary of the records of all shards

Whoever starts the commands of the shards is a scheduler of its own: Dask (see `cluster`), Slurm, Kubernetes.
"""
