
// Postman 预请求脚本：用集合变量 appKey、appSecret、keyVersion 为每个请求签名。
var key = pm.variables.get("appKey");
var version = pm.variables.get("keyVersion") || "1";
var timestamp = String(Math.floor(Date.now() / 1000));
var nonce = newNonce();
var body = pm.request.body && pm.request.body.raw ? pm.variables.replaceIn(pm.request.body.raw) : "";
var target = pm.variables.replaceIn(pm.request.url.getPathWithQuery());
var signed = signature(pm.variables.get("appSecret"), pm.request.method, target, body, timestamp, nonce, key, version);
pm.request.headers.upsert({ key: "X-Mulian-Key", value: key });
pm.request.headers.upsert({ key: "X-Mulian-Key-Version", value: version });
pm.request.headers.upsert({ key: "X-Mulian-Timestamp", value: timestamp });
pm.request.headers.upsert({ key: "X-Mulian-Nonce", value: nonce });
pm.request.headers.upsert({ key: "X-Mulian-Signature", value: signed });
