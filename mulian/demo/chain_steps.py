"""Anchoring what was published, and proving it with the verifier that a stranger would use."""

import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.anchoring import batching
from chain.anchoring import service as anchoring
from chain.anchoring.models import AnchorLeaf
from chain.contracts.service import ensure_deployed
from kernel.files_atomic import write_atomic
from mulian.demo.steps import Report, ensure
from mulian.demo.world import World
from mulian.supervisor import Child

VERIFIER = Path(__file__).resolve().parents[2] / "chain" / "anchoring" / "verify_proof.py"
_WAIT = 240.0


def start_chain(world: World, report: Report) -> str:
    """Start the embedded chain as its own process and deploy the contracts."""
    report(0, 3, "启动链进程")
    place = str(world.home.root)
    chain = ["chain", "serve", "--home", place, "--port", str(world.ports["rpc_port"])]
    world.supervisor.start(Child("chain", chain, lambda: (world.home.run_dir / "chain.url").exists()))
    report(1, 3, "部署合约")
    addresses = ensure_deployed(world.runtime)
    report(2, 3, "复核")
    again = ensure_deployed(world.runtime)
    ensure(bool(addresses) and addresses == again, "第二次部署应得到同样的地址")
    world.found["contracts"] = addresses
    return "、".join(f"{name} {address[:10]}…" for name, address in addresses.items())


def anchor(world: World, report: Report) -> str:
    """Anchor every published version and valid link in batches and read the state of each back."""
    total = world.look(_waiting)
    deadline = time.monotonic() + _WAIT
    anchored = batches = 0
    while True:
        done = batching.flush(world.runtime, wait_seconds=30)
        ensure(not done.errors, f"存证流出错：{done.errors}")
        anchored, batches = anchored + done.leaves, batches + done.batches
        report(anchored, max(total, 1), f"{batches} 批")
        if done.waiting == 0 or time.monotonic() > deadline:
            break
    ensure(world.look(_waiting) == 0, "仍有记录未上链")
    world.found["anchored"] = anchored
    return f"{anchored} 条目录与关联的版本上链，{batches} 批交易"


def prove(world: World, report: Report) -> str:
    """Write every proof as a file and check all of them in a fresh process that has only the verifier and the trust."""
    folder = world.folder / "proofs"
    report(0, 3, "导出证明")
    count = world.look(lambda session: anchoring.export_proofs(session, folder, stream="catalog"))
    trust = anchoring.trust(world.runtime)
    trust_file = world.folder / "trust.json"
    write_atomic(trust_file, trust)
    report(1, 3, "离线核验")
    started = time.monotonic()
    done = _verify(folder, trust_file)
    seconds = time.monotonic() - started
    ensure(done.returncode == 0, f"离线核验退出码 {done.returncode}：{done.stdout[-300:].decode()}")
    report(2, 3, "篡改一字节")
    sample = sorted(folder.glob("*.proof.json"))[0]
    ensure(_forged(world, sample, trust_file) == 1, "被改动的证明必须核验失败")
    world.found["proven"] = count
    return f"{count} 份证明离线核验通过（{seconds:.1f} 秒），改动一字节即失败；信任指纹 {anchoring.fingerprint(trust)[:16]}"


def _waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AnchorLeaf).where(AnchorLeaf.index.is_(None))) or 0


def _verify(target: Path, trust_file: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the verifier with no site-packages, no environment and no other file of ours."""
    arguments = [sys.executable, "-I", "-S", str(VERIFIER), str(target), "--trust", str(trust_file), "--json"]
    return subprocess.run(arguments, capture_output=True, cwd="/", check=False)


def _forged(world: World, proof: Path, trust_file: Path) -> int:
    data = bytearray(proof.read_bytes())
    data[len(data) // 2] ^= 1
    forged = world.folder / "forged.tmp"
    forged.write_bytes(bytes(data))
    try:
        return _verify(forged, trust_file).returncode
    finally:
        forged.unlink()


