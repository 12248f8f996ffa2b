import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * 目链存证服务示例，Java 8 以上，只用 JDK 自带的类。
 *
 * <p>连接参数取自环境变量 MULIAN_URL、MULIAN_KEY、MULIAN_SECRET、MULIAN_KEY_VERSION（缺省 1）。
 *
 * <pre>
 *   javac -encoding UTF-8 MulianEvidence.java
 *   java MulianEvidence status
 *   java MulianEvidence digest 合同.pdf
 *   java MulianEvidence store 清单.txt          （每行：本方编号、制表符、摘要）
 *   java MulianEvidence proof HT-2026-0001 HT-2026-0001.proof.json
 * </pre>
 */
public final class MulianEvidence {
    private static final String BASE = "/api/v1/chain/evidence";
    private static final int BATCH = 1000; // 每次至多一千条
    private static final int TRIES = 6; // 网络中断或服务繁忙时的尝试次数
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String url;
    private final String key;
    private final byte[] secret;
    private final String version;

    public MulianEvidence(String url, String key, String secret, String version) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        this.key = key;
        this.secret = secret.getBytes(StandardCharsets.US_ASCII);
        this.version = version;
    }

    /** 存入至多一千条（编号与摘要成对），返回应答 JSON。请求体的摘要作 Idempotency-Key：重新运行不会重复存入。 */
    public String store(String stream, List<String[]> items) throws IOException {
        StringBuilder json = new StringBuilder("{\"stream\":").append(quoted(stream)).append(",\"items\":[");
        for (int at = 0; at < items.size(); at++) {
            json.append(at == 0 ? "" : ",").append("{\"client_id\":").append(quoted(items.get(at)[0]))
                .append(",\"digest\":").append(quoted(items.get(at)[1])).append('}');
        }
        byte[] body = json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
        return text(call("POST", BASE + "/batch", body, hex(Sm3.digest(body))));
    }

    /** 环境、存证流、今日额度与上链进度。 */
    public String status() throws IOException {
        return text(call("GET", BASE + "/status", new byte[0], null));
    }

    /** 按本方编号取存证证明；文件须原样保存。 */
    public byte[] proof(String clientId) throws IOException {
        String rows = text(call("GET", BASE + "?client_id=" + escaped(clientId), new byte[0], null));
        String id = field(rows, "id");
        if (id == null) {
            throw new IOException("没有编号 " + clientId + " 的存证");
        }
        return call("GET", BASE + "/" + id + "/proof", new byte[0], null);
    }

    /** 发送一次请求；网络中断与 503 时重试，每次重新签名。 */
    private byte[] call(String method, String target, byte[] body, String idempotencyKey) throws IOException {
        for (int attempt = 1;; attempt++) {
            try {
                return once(method, target, body, idempotencyKey);
            } catch (Refused refused) {
                if (refused.status != 503 || attempt == TRIES) {
                    throw refused;
                }
            } catch (IOException broken) {
                if (attempt == TRIES) {
                    throw broken;
                }
            }
            try {
                Thread.sleep(250L << attempt);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", stopped);
            }
        }
    }

    private byte[] once(String method, String target, byte[] body, String idempotencyKey) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url + target).openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(30000);
        connection.setReadTimeout(60000);
        String timestamp = String.valueOf(System.currentTimeMillis() / 1000);
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        String nonce = hex(random);
        connection.setRequestProperty("X-Mulian-Key", key);
        connection.setRequestProperty("X-Mulian-Key-Version", version);
        connection.setRequestProperty("X-Mulian-Timestamp", timestamp);
        connection.setRequestProperty("X-Mulian-Nonce", nonce);
        connection.setRequestProperty("X-Mulian-Signature", signature(method, target, body, timestamp, nonce));
        if (idempotencyKey != null) {
            connection.setRequestProperty("Idempotency-Key", idempotencyKey);
        }
        if (body.length > 0) {
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setDoOutput(true);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            byte[] content = in == null ? new byte[0] : readAll(in);
            if (status >= 400) {
                throw new Refused(status, text(content));
            }
            return content;
        }
    }

    /** 待签字符串九行，以换行符连接，末尾没有换行；签名为 HMAC-SM3。 */
    String signature(String method, String target, byte[] body, String timestamp, String nonce) {
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        String[] pieces = (mark < 0 ? "" : target.substring(mark + 1)).split("&", -1);
        Arrays.sort(pieces); // 参数已按 RFC 3986 编码，只有 ASCII 字符，字符序即字节序
        String lines = String.join("\n", "mulian-sm3-v1", method, path, String.join("&", pieces),
            hex(Sm3.digest(body)), timestamp, nonce, key, version);
        return hex(Sm3.hmac(secret, lines.getBytes(StandardCharsets.UTF_8)));
    }

    /** 平台拒绝了请求；应答内容中的 code 是稳定的错误代码。 */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;
        public final int status;

        Refused(int status, String body) {
            super(status + " " + body);
            this.status = status;
        }
    }

    /** SM3（GB/T 32905）与 HMAC-SM3：JDK 没有自带。 */
    static final class Sm3 {
        private static final int[] START = {
            0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

        private Sm3() {
        }

        static byte[] digest(byte[] message) {
            int padded = ((message.length + 8) / 64 + 1) * 64;
            byte[] data = Arrays.copyOf(message, padded);
            data[message.length] = (byte) 0x80;
            long bits = (long) message.length * 8;
            for (int at = 0; at < 8; at++) {
                data[padded - 1 - at] = (byte) (bits >>> (8 * at));
            }
            int[] state = START.clone();
            for (int at = 0; at < padded; at += 64) {
                compress(state, data, at);
            }
            byte[] out = new byte[32];
            for (int at = 0; at < 32; at++) {
                out[at] = (byte) (state[at / 4] >>> (24 - 8 * (at % 4)));
            }
            return out;
        }

        static byte[] hmac(byte[] key, byte[] message) {
            byte[] block = Arrays.copyOf(key.length > 64 ? digest(key) : key, 64);
            byte[] inner = new byte[64 + message.length];
            byte[] outer = new byte[96];
            for (int at = 0; at < 64; at++) {
                inner[at] = (byte) (block[at] ^ 0x36);
                outer[at] = (byte) (block[at] ^ 0x5c);
            }
            System.arraycopy(message, 0, inner, 64, message.length);
            System.arraycopy(digest(inner), 0, outer, 64, 32);
            return digest(outer);
        }

        private static void compress(int[] v, byte[] data, int offset) {
            int[] w = new int[68];
            for (int j = 0; j < 16; j++) {
                int at = offset + 4 * j;
                w[j] = (data[at] & 255) << 24 | (data[at + 1] & 255) << 16 | (data[at + 2] & 255) << 8
                    | data[at + 3] & 255;
            }
            for (int j = 16; j < 68; j++) {
                int x = w[j - 16] ^ w[j - 9] ^ Integer.rotateLeft(w[j - 3], 15);
                w[j] = x ^ Integer.rotateLeft(x, 15) ^ Integer.rotateLeft(x, 23)
                    ^ Integer.rotateLeft(w[j - 13], 7) ^ w[j - 6];
            }
            int a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
            for (int j = 0; j < 64; j++) {
                int turn = Integer.rotateLeft(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32);
                int ss1 = Integer.rotateLeft(Integer.rotateLeft(a, 12) + e + turn, 7);
                int ss2 = ss1 ^ Integer.rotateLeft(a, 12);
                int ff = j < 16 ? a ^ b ^ c : a & b | a & c | b & c;
                int gg = j < 16 ? e ^ f ^ g : e & f | ~e & g;
                int tt1 = ff + d + ss2 + (w[j] ^ w[j + 4]);
                int tt2 = gg + h + ss1 + w[j];
                d = c;
                c = Integer.rotateLeft(b, 9);
                b = a;
                a = tt1;
                h = g;
                g = Integer.rotateLeft(f, 19);
                f = e;
                e = tt2 ^ Integer.rotateLeft(tt2, 9) ^ Integer.rotateLeft(tt2, 17);
            }
            int[] mixed = {a, b, c, d, e, f, g, h};
            for (int j = 0; j < 8; j++) {
                v[j] ^= mixed[j];
            }
        }
    }

    private static String hex(byte[] data) {
        StringBuilder out = new StringBuilder();
        for (byte one : data) {
            out.append(String.format("%02x", one));
        }
        return out.toString();
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    /** JSON 字符串。 */
    private static String quoted(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (char one : value.toCharArray()) {
            if (one == '"' || one == '\\' || one < 0x20) {
                out.append(String.format("\\u%04x", (int) one));
            } else {
                out.append(one);
            }
        }
        return out.append('"').toString();
    }

    /** 按 RFC 3986 编码一个参数值（URLEncoder 会把空格写成 +，与签名所用的原样字节不符）。 */
    private static String escaped(String value) {
        StringBuilder out = new StringBuilder();
        for (byte one : value.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (one & 255);
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "-_.~".indexOf(c) >= 0);
            out.append(plain ? String.valueOf(c) : String.format("%%%02X", one));
        }
        return out.toString();
    }

    /** 取第一个同名字符串字段；正式使用时请换成本单位的 JSON 库。 */
    private static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : null;
    }

    private static byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            out.write(buffer, 0, n);
        }
        return out.toByteArray();
    }

    private static void storeAll(MulianEvidence client, String file) throws IOException {
        String stream = field(client.status(), "stream");
        List<String[]> batch = new ArrayList<>();
        for (String line : Files.readAllLines(Paths.get(file), StandardCharsets.UTF_8)) {
            if (!line.trim().isEmpty()) {
                batch.add(line.split("\t", 2));
            }
            if (batch.size() == BATCH) {
                System.out.println(client.store(stream, batch));
                batch.clear();
            }
        }
        if (!batch.isEmpty()) {
            System.out.println(client.store(stream, batch));
        }
    }

    public static void main(String[] args) throws IOException {
        String command = args.length == 0 ? "" : args[0];
        if (command.equals("digest") && args.length == 2) {
            System.out.println("sm3:" + hex(Sm3.digest(Files.readAllBytes(Paths.get(args[1])))));
            return;
        }
        String version = System.getenv("MULIAN_KEY_VERSION");
        MulianEvidence client = new MulianEvidence(System.getenv("MULIAN_URL"), System.getenv("MULIAN_KEY"),
            System.getenv("MULIAN_SECRET"), version == null ? "1" : version);
        if (command.equals("status") && args.length == 1) {
            System.out.println(client.status());
        } else if (command.equals("store") && args.length == 2) {
            storeAll(client, args[1]);
        } else if (command.equals("proof") && args.length == 3) {
            Files.write(Paths.get(args[2]), client.proof(args[1]));
        } else {
            System.err.println("用法：status | digest 文件 | store 清单 | proof 本方编号 输出文件");
            System.exit(2);
        }
    }
}
