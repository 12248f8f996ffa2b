// SM3（GB/T 32905）与 HMAC-SM3，纯 JavaScript，不依赖 OpenSSL：Node 与 Postman 都能运行。输入为字节数组。
function rotl(x, n) {
  return ((x << (n % 32)) | (x >>> (32 - (n % 32)))) >>> 0;
}
function sm3(message) {
  var padded = (Math.floor((message.length + 8) / 64) + 1) * 64;
  var data = new Uint8Array(padded);
  data.set(message);
  data[message.length] = 0x80;
  var bits = message.length * 8;
  for (var at = 0; at < 8; at++) {
    data[padded - 1 - at] = Math.floor(bits / Math.pow(2, 8 * at)) % 256;
  }
  var v = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
  for (var block = 0; block < padded; block += 64) {
    compress(v, data, block);
  }
  var out = new Uint8Array(32);
  for (var i = 0; i < 32; i++) {
    out[i] = v[i >> 2] >>> (24 - 8 * (i % 4));
  }
  return out;
}
function compress(v, data, offset) {
  var w = [];
  for (var j = 0; j < 16; j++) {
    var at = offset + 4 * j;
    w[j] = ((data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]) >>> 0;
  }
  for (j = 16; j < 68; j++) {
    var x = (w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)) >>> 0;
    w[j] = (x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[j - 13], 7) ^ w[j - 6]) >>> 0;
  }
  var a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
  for (j = 0; j < 64; j++) {
    var ss1 = rotl((rotl(a, 12) + e + rotl(j < 16 ? 0x79cc4519 : 0x7a879d8a, j)) >>> 0, 7);
    var ss2 = (ss1 ^ rotl(a, 12)) >>> 0;
    var ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    var gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    var tt1 = (ff + d + ss2 + ((w[j] ^ w[j + 4]) >>> 0)) >>> 0;
    var tt2 = (gg + h + ss1 + w[j]) >>> 0;
    d = c;
    c = rotl(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl(f, 19);
    f = e;
    e = (tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17)) >>> 0;
  }
  [a, b, c, d, e, f, g, h].forEach(function (one, at) {
    v[at] = (v[at] ^ one) >>> 0;
  });
}
function hmacSm3(key, message) {
  var block = new Uint8Array(64);
  block.set(key.length > 64 ? sm3(key) : key);
  var inner = new Uint8Array(64 + message.length);
  var outer = new Uint8Array(96);
  for (var at = 0; at < 64; at++) {
    inner[at] = block[at] ^ 0x36;
    outer[at] = block[at] ^ 0x5c;
  }
  inner.set(message, 64);
  outer.set(sm3(inner), 64);
  return sm3(outer);
}
function hex(bytes) {
  return Array.prototype.map.call(bytes, function (one) {
    return (one < 16 ? "0" : "") + one.toString(16);
  }).join("");
}
function utf8(text) {
  var raw = unescape(encodeURIComponent(text));
  var out = new Uint8Array(raw.length);
  for (var at = 0; at < raw.length; at++) {
    out[at] = raw.charCodeAt(at);
  }
  return out;
}
// 待签字符串九行，以换行符连接，末尾没有换行；查询参数按发送时的原样逐段排序，不解码。
function signature(secret, method, target, body, timestamp, nonce, key, version) {
  var mark = target.indexOf("?");
  var path = mark < 0 ? target : target.slice(0, mark);
  var pieces = (mark < 0 ? "" : target.slice(mark + 1)).split("&").sort().join("&");
  var lines = ["mulian-sm3-v1", method, path, pieces, hex(sm3(utf8(body))), timestamp, nonce, key, version];
  return hex(hmacSm3(utf8(secret), utf8(lines.join("\n"))));
}
function newNonce() {
  var out = "";
  while (out.length < 32) {
    out += Math.floor(Math.random() * 65536 + 65536).toString(16).slice(1);
  }
  return out;
}
