"""The script with which dask-jobqueue asks SLURM for the workers of docs/scale.md, as it would be submitted."""

from dask_jobqueue import SLURMCluster


def test_the_script_starts_a_worker_with_a_thread():
    with SLURMCluster(
        cores=1,
        processes=1,
        memory="2GB",
        walltime="08:00:00",
        queue="cpu",
        scheduler_options={"dashboard_address": ":0"},
    ) as cluster:
        lines, address = cluster.job_script().splitlines(), cluster.scheduler_address
    assert lines[0].startswith("#!")
    for option in ("-p cpu", "-n 1", "--cpus-per-task=1", "--mem=2G", "-t 08:00:00"):
        assert f"#SBATCH {option}" in lines
    (command,) = [line for line in lines if "dask_worker" in line or "dask worker" in line]
    assert address in command
    assert "--nthreads 1" in command
