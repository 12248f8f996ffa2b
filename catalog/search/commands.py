"""Commands of search under ``mulian catalog``."""

from catalog.search import service
from kernel.cli import HomeOption, JsonOption, open_runtime, output


def reindex(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """重建检索索引（升级改变了分词，或怀疑索引有误时）"""
    with open_runtime(home) as runtime:
        count = runtime.database.run(service.rebuild)
    output({"documents": count}, as_json)
