
// 用法：node mulian_sign.js http://网关地址:8080 AppKey 密钥 GET "/xc/persons?size=10" [请求体] [密钥版本]
function call(url, key, secret, method, target, body, version, done) {
  var parts = new URL(url);
  var timestamp = String(Math.floor(Date.now() / 1000));
  var nonce = hex(require("crypto").randomBytes(16));
  var sent = Buffer.from(body, "utf8");
  var headers = {
    "X-Mulian-Key": key, "X-Mulian-Key-Version": version, "X-Mulian-Timestamp": timestamp, "X-Mulian-Nonce": nonce,
    "X-Mulian-Signature": signature(secret, method, target, body, timestamp, nonce, key, version),
  };
  if (sent.length > 0) {
    headers["Content-Length"] = sent.length;
  }
  var library = require(parts.protocol === "https:" ? "https" : "http");
  var request = library.request(
    { hostname: parts.hostname, port: parts.port, path: target, method: method, headers: headers },
    function (answer) {
      var received = [];
      answer.on("data", function (piece) { received.push(piece); });
      answer.on("end", function () { done(answer.statusCode, Buffer.concat(received).toString("utf8")); });
    }
  );
  request.on("error", function (error) { done(0, String(error)); });
  request.end(sent);
}

if (require.main === module) {
  var given = process.argv.slice(2);
  if (given.length < 5) {
    console.error("用法：node mulian_sign.js 网关地址 AppKey 密钥 方法 路径与参数 [请求体] [密钥版本]");
    process.exit(2);
  }
  call(given[0], given[1], given[2], given[3], given[4], given[5] || "", given[6] || "1", function (status, text) {
    console.log(status + "\n" + text);
    process.exitCode = status >= 200 && status < 400 ? 0 : 1;
  });
}
