#!/bin/bash
# One shard of a plan as a task of a job array of Slurm. After `keras2to3 plan SOURCES --output-dir TARGET`, which prints
# how many shards there are:
#
#   sbatch --array=0-39%20 slurm.sh TARGET
#   sbatch --dependency=afterany:JOB --wrap 'keras2to3 merge TARGET'
#
# The environments have to be on every node; words behind TARGET are options of `keras2to3 shard`, such as --jobs 2.

#SBATCH --job-name=keras2to3
#SBATCH --cpus-per-task=2
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --requeue

target=$1
shift
${KERAS2TO3:-keras2to3} shard "$target" "$SLURM_ARRAY_TASK_ID" "$@"
code=$?

# A source without a result is told by `merge`; the task has failed only if the shard is not done.
case $code in
  1 | 2 | 8 | 130) exit "$code" ;;
esac
