#!/usr/bin/env bash
# A cluster of SLURM on this machine for as long as a command runs: tools/slurm_localhost.sh COMMAND ...
#
# It needs root and Debian's packages slurm-wlm and munge, and leaves nothing behind but munge's key. One node has all
# cores; a job that is cancelled or out of time is killed after 5 seconds.
set -euo pipefail
if ! command -v slurmctld slurmd munged >/dev/null; then
    echo "error: SLURM is not installed; apt-get install slurm-wlm munge" >&2
    exit 2
fi
folder=$(mktemp -d)
mkdir -p "$folder/state" "$folder/spool" /run/munge
[[ -f /etc/munge/munge.key ]] || /usr/sbin/mungekey --create
chown -R munge: /run/munge /etc/munge
host=$(hostname -s)
cat >"$folder/slurm.conf" <<CONF
ClusterName=seqinterp
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
KillWait=5
MinJobAge=300
JobRequeue=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc --all) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
echo "CgroupPlugin=cgroup/v1" >"$folder/cgroup.conf"
export SLURM_CONF=$folder/slurm.conf
processes=()
stop() {
    scancel --state=PENDING --state=RUNNING --user="$(id -un)" 2>/dev/null || true
    kill "${processes[@]}" 2>/dev/null || true
    wait "${processes[@]}" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
runuser -u munge -- /usr/sbin/munged --foreground --force 2>"$folder/munged.log" &
processes+=($!)
sleep 1
slurmctld -D -f "$SLURM_CONF" 2>"$folder/slurmctld.err" &
processes+=($!)
slurmd -D -f "$SLURM_CONF" -N "$host" 2>"$folder/slurmd.err" &
processes+=($!)
for _ in $(seq 60); do
    [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]] && break
    sleep 0.5
done
if [[ $(sinfo --noheader --format=%T 2>/dev/null) != idle ]]; then
    cat "$folder"/*.err "$folder"/*.log >&2
    echo "error: the node does not come up" >&2
    exit 2
fi
"$@"
