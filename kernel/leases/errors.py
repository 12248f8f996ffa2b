"""Errors of leases."""

from kernel.errors import define

LOST = define(
    "kernel.lease.lost", 409,
    zh="租约「{name}」已由其他进程接管，本次写入已撤销", en="Lease {name} was taken over; nothing was written",
    fix_zh="无需处理，接管者会继续", fix_en="Nothing to do: the new holder goes on",
)
