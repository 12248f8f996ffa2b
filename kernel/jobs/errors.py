"""Errors of jobs."""

from kernel.errors import define

KIND_UNKNOWN = define(
    "kernel.job.kind_unknown", 500, zh="没有登记任务类型「{kind}」", en="No job kind {kind} is registered",
)
LOST = define(
    "kernel.job.lost", 409,
    zh="任务「{job}」已由其他进程接管，本次写入已撤销", en="Job {job} was taken over; nothing was written",
)
CANCELLED = define("kernel.job.cancelled", 409, zh="任务已取消", en="The job was cancelled")
FINISHED = define("kernel.job.finished", 409, zh="任务已结束，不能取消", en="The job has ended and cannot be cancelled")
FAILED = define(
    "kernel.job.failed", 500, zh="任务执行失败：{reason}", en="The job failed: {reason}",
    fix_zh="请查看任务日志；可重新发起", fix_en="See the job's log; it can be started again",
)
WORKER_DIED = define(
    "kernel.job.worker_died", 500,
    zh="执行任务的进程已连续 {attempts} 次中断", en="The worker of this job died {attempts} times in a row",
    fix_zh="请把任务编号告诉运维人员", fix_en="Tell the operators the job's number",
)
