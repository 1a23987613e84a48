#!/usr/bin/env bash
# Workers as an array job:
#     sbatch --array=0-15 deploy/slurm.sh agents 64      # sixteen nodes of sixty-four agents
#     sbatch --array=0-3 deploy/slurm.sh builds 8
# BLUEPROVER_BROKER (and ANTHROPIC_API_KEY for agents) are taken from the environment of sbatch, or from
# $BLUEPROVER_ENV, a file of `NAME=value` lines that only you can read.
#SBATCH --job-name=blueprover
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=40G
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@60
#SBATCH --requeue
set -euo pipefail

queue=${1:?which queue: agents or builds}
slots=${2:?how many jobs at once}

if [ -n "${BLUEPROVER_ENV:-}" ]; then
  set -a
  # shellcheck disable=SC1090
  source "$BLUEPROVER_ENV"
  set +a
fi
: "${BLUEPROVER_BROKER:?set it to the URL of the broker}"

# A node's own disk: mirror and certificates are read and written all the time.
folder=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/blueprover-$queue-${SLURM_ARRAY_JOB_ID:-0}-${SLURM_ARRAY_TASK_ID:-0}

# exec: the signal that comes a minute before the time limit reaches the worker, which then drains.
exec blueprover worker --queue "$queue" --slots "$slots" --lean-jobs "${SLURM_CPUS_PER_TASK:-2}" --folder "$folder"
