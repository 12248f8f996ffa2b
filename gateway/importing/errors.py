"""Why a description is refused as a whole."""

from kernel.errors import define

UNREADABLE = define("gateway.import.unreadable", 422, zh="文件不是 JSON 或 YAML：{reason}",
    en="Neither JSON nor YAML: {reason}")
TOO_LARGE = define("gateway.import.too_large", 422, zh="文件过大或过于复杂：{reason}", en="Too large or too complex: {reason}",
    fix_zh="请只导出需要的接口", fix_en="Export only what is needed")
ALIASES = define("gateway.import.aliases", 422, zh="YAML 中不得使用锚点、别名与自定义标签", en="No anchors, aliases or tags in YAML",
    fix_zh="请导出为 JSON", fix_en="Export it as JSON")
REMOTE = define("gateway.import.remote", 422, zh="不得引用文件之外的内容：{ref}",
    en="References out of the file are refused: {ref}",
    fix_zh="请先把全部引用合并到一个文件", fix_en="Bundle it into one file")
VERSION = define("gateway.import.version", 422, zh="只接受 OpenAPI 3.0 与 3.1（文件为 {version}）",
    en="OpenAPI 3.0 or 3.1, not {version}",
    fix_zh="Swagger 2.0 请先转换为 OpenAPI 3", fix_en="Convert Swagger 2.0 first")
SERVER = define("gateway.import.server", 422, zh="没有可用的上游地址：{problem}", en="No usable upstream address: {problem}",
    fix_zh="请填写上游地址，如 http://10.1.2.3:8080/api", fix_en="Give the upstream's address")
