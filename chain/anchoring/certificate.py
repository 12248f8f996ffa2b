"""存证证书: what a proof says, printed for people, with the fingerprint of the trust file it was checked against.

The proof file is what proves; the paper says where to find it and how to check it. A proof that is not authenticated
gets no certificate.
"""

from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import service
from chain.anchoring.errors import ANCHOR_UNPROVEN
from kernel import clock
from kernel.digest import sm3_hex
from kernel.documents.model import Column, Document, Heading, KeyValues, Paragraph, Table
from kernel.identity.actor import Actor

STREAMS = {
    "catalog": "数据目录", "calllog": "接口调用日志", "audit": "审计日志", "reports": "分析报告", "keys": "密钥事件",
}
ENGINES = {"mulian-poa": "内置链（单一出块者）", "clique": "Clique（过半数签名者）", "qbft": "QBFT（三分之二提交签名）"}


def of_object(
    session: Session, actor: Actor, *, object_type: str, object_id: str, version: int, kind: str
) -> bytes:
    """Return the certificate of an object's version as ``pdf`` or ``html``, for who may download its proof.

    Raises what ``service.proof_of_object`` raises, and ``chain.anchor.unproven`` where the proof does not hold by the
    present trust file.
    """
    from kernel.documents.render import render  # the renderers take long to import, and few ask for a certificate

    proof = service.proof_of_object(
        session, actor, object_type=object_type, object_id=object_id, version=version
    )
    return render(document(service.trust(session), proof), kind)


def document(trust: bytes, proof: bytes) -> Document:
    """Return the certificate of a proof file as a document."""
    result = service.verify(trust, proof)
    if result.status != "authenticated":
        raise ANCHOR_UNPROVEN(reason="、".join(result.reasons))
    facts = result.facts
    blocks = (
        Paragraph("兹证明下列记录已上链存证：其内容摘要在所示区块时间之前已经存在，此后未被改动。"),
        Heading(1, "存证记录", numbered=False), KeyValues(_record(facts, proof)),
        Heading(1, "链上位置", numbered=False), KeyValues(_chain(facts)),
        Heading(1, "见证", numbered=False), *_witnesses(facts),
        Heading(1, "如何核验", numbered=False),
        Paragraph(
            "本证书只供阅读，证明效力来自存证文件。请取得存证文件（*.proof.json）、核验程序 verify_proof.py 与信任文件，"
            "在任何一台装有 Python 3.8 以上的计算机上离线运行："
        ),
        Paragraph("python3 -I verify_proof.py 存证文件 --trust trust.json", indent=False),
        Paragraph("程序末行显示的信任文件指纹应与下列指纹逐字相同；信任文件须经数据局公布的渠道另行取得。"),
        KeyValues((("信任文件指纹（SM3）", split(service.fingerprint(trust))),)),
        Paragraph("本证书不证明记录内容本身属实。"),
    )
    return Document(title="存证证书", blocks=blocks, issuer="目链")


def split(digest: str) -> str:
    """Return a digest in groups of sixteen digits, which a person can compare."""
    return " ".join(digest[at : at + 16] for at in range(0, len(digest), 16))


def _record(facts: dict[str, Any], proof: bytes) -> tuple[tuple[str, str], ...]:
    name = str(facts["stream"]).partition("/")[0]
    return (
        ("对象类型", str(facts["object"]["type"])), ("对象标识", str(facts["object"]["id"])),
        ("版本", str(facts["object"]["version"])), ("存证流", f"{STREAMS.get(name, name)}（{facts['stream']}）"),
        ("流中序号", f"第 {facts['index'] + 1} 条，树中共 {facts['size']} 条"), ("树根（SM3）", split(facts["root"])),
        ("存证文件（SM3）", split(sm3_hex(proof))),
    )  # fmt: skip


def _chain(facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    moment = clock.from_micros(facts["block_time"] * 1_000_000).astimezone(clock.BEIJING)
    return (
        ("链标识", str(facts["chain_id"])), ("共识", ENGINES[facts["engine"]]), ("存证合约", facts["registry"]),
        ("区块", str(facts["block"])), ("区块哈希", "0x " + split(facts["block_hash"][2:])),
        ("区块时间", f"{moment:%Y-%m-%d %H:%M:%S}（北京时间）"), ("出块者", facts["sealer"]),
        ("检查点签名时间", f"{clock.parse(facts['checkpoint_time']).astimezone(clock.BEIJING):%Y-%m-%d %H:%M:%S}（北京时间）"),
    )  # fmt: skip


def _witnesses(facts: dict[str, Any]) -> tuple[Paragraph | Table, ...]:
    if not facts["witnesses"]:
        return (Paragraph("尚无见证方为所示检查点联合签名。"),)
    rows = tuple((number, name) for number, name in enumerate(facts["witnesses"], 1))
    columns = (Column("序号", 1, "center"), Column("见证方", 6))
    return (
        Paragraph("下列见证方只见检查点，不见记录；经核对与各自此前所见一致后，以各自的 SM2 密钥联合签名。"),
        Table(columns, rows, "联合签名的见证方"),
    )
