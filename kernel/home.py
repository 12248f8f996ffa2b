"""The home: one folder that holds an installation's state, and the locks on it."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from kernel.errors import define

LOCKED = define(
    "kernel.home.locked", 409,
    zh="数据目录 {home} 正被另一个进程（{holder}）使用：{name}", en="{home} is in use by another process ({holder}): {name}",
    fix_zh="请先停止它，或用 --home 指定另一个目录", fix_en="Stop it first, or name another folder with --home",
)
NOT_WRITABLE = define(
    "kernel.home.not_writable", 500,
    zh="数据目录 {home} 不可写：{reason}", en="{home} cannot be written: {reason}",
    fix_zh="请检查目录权限与挂载方式", fix_en="Check the folder's rights and mount",
)
FULL = define(
    "kernel.home.full", 507,
    zh="数据目录 {home} 所在磁盘剩余空间不足（{free} 字节）", en="The disk of {home} is full ({free} bytes free)",
    fix_zh="请清理或扩容磁盘后重试", fix_en="Free or add disk space and try again",
)
NETWORK = define(
    "kernel.home.network", 500,
    zh="数据目录 {home} 在网络文件系统（{kind}）上，锁与落盘不可靠", en="{home} is on a network file system ({kind})",
    fix_zh="请把数据目录放在本机磁盘", fix_en="Put the home on a local disk",
)
MISSING = define(
    "kernel.home.missing", 404,
    zh="{home} 还不是目链的数据目录", en="{home} is not a Mulian home yet",
    fix_zh="请先运行 mulian init --home {home}（或 make run）", fix_en="Run mulian init --home {home} first (or make run)",
)
_NETWORK_KINDS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
_MINIMUM_FREE = 64 * 1024 * 1024


class Home:
    """Paths inside a home. Creating the object touches nothing; :meth:`prepare` makes the folders."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser().absolute()
        self.database_file = self.root / "mulian.db"
        self.chain_dir = self.root / "chain"
        self.keys_dir = self.root / "keys"
        self.service_keys_dir = self.keys_dir / "service"
        self.data_keys_dir = self.keys_dir / "data"
        self.files_dir = self.root / "files"
        self.calllog_dir = self.root / "calllog"
        self.reports_dir = self.root / "reports"
        self.run_dir = self.root / "run"
        self.logs_dir = self.root / "logs"
        self.demo_dir = self.root / "demo"

    def prepare(self) -> None:
        """Make the folders (keys 0700) and check that the home can be written, has room and is local."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.keys_dir, self.service_keys_dir, self.data_keys_dir):
                folder.mkdir(mode=0o700, exist_ok=True)
            for folder in (
                self.chain_dir, self.files_dir, self.calllog_dir, self.reports_dir, self.run_dir, self.logs_dir,
            ):
                folder.mkdir(exist_ok=True)
            self._probe()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise FULL(home=str(self.root), free=0) from error
            raise NOT_WRITABLE(home=str(self.root), reason=error.strerror or str(error)) from error
        kind = filesystem_kind(self.root)
        if kind in _NETWORK_KINDS:
            raise NETWORK(home=str(self.root), kind=kind)
        if self.free_bytes() < _MINIMUM_FREE:
            raise FULL(home=str(self.root), free=self.free_bytes())

    def free_bytes(self) -> int:
        """Return the free bytes of the disk that holds the home."""
        status = os.statvfs(self.root)
        return status.f_bavail * status.f_frsize

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the exclusive lock ``name`` (flock: gone with the process); raise ``kernel.home.locked``."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.run_dir / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "?"
                raise LOCKED(home=str(self.root), holder=f"pid {holder}", name=name) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def _probe(self) -> None:
        probe = self.run_dir / f".probe-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()


def filesystem_kind(path: Path) -> str:
    """Return the file system type that holds ``path`` by /proc/mounts ("" where that is not known)."""
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in mounts:
        _, point, name, *_ = line.split(" ")
        inside = str(path) == point or str(path).startswith(point.rstrip("/") + "/")
        if inside and len(point) > len(best):
            best, kind = point, name
    return kind
