import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * 目链接口调用签名示例（mulian-sm3-v1），Java 8 以上，只用 JDK 自带的类。
 *
 * <pre>
 *   javac -encoding UTF-8 MulianSign.java
 *   java MulianSign http://网关地址:8080 AppKey 密钥 GET "/xc/persons?size=10" [请求体] [密钥版本]
 * </pre>
 */
public final class MulianSign {
    private static final SecureRandom RANDOM = new SecureRandom();

    private MulianSign() {
    }

    /** 待签字符串九行，以换行符连接，末尾没有换行；签名为 HMAC-SM3。查询参数按发送时的原样逐段排序，不解码。 */
    static String signature(String secret, String method, String target, byte[] body, String timestamp, String nonce,
            String key, String version) {
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        String[] pieces = (mark < 0 ? "" : target.substring(mark + 1)).split("&", -1);
        Arrays.sort(pieces); // 参数已按 RFC 3986 编码，只有 ASCII 字符，字符序即字节序
        String lines = String.join("\n", "mulian-sm3-v1", method, path, String.join("&", pieces),
            hex(Sm3.digest(body)), timestamp, nonce, key, version);
        return hex(Sm3.hmac(secret.getBytes(StandardCharsets.US_ASCII), lines.getBytes(StandardCharsets.UTF_8)));
    }

    /** 发送一次签名调用；每次调用（包括重试）都要重新生成随机数与签名。返回状态码与应答内容。 */
    static String[] call(String url, String key, String version, String secret, String method, String target,
            byte[] body) throws IOException {
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
        connection.setRequestProperty("X-Mulian-Signature",
            signature(secret, method, target, body, timestamp, nonce, key, version));
        if (body.length > 0) {
            connection.setDoOutput(true);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            byte[] content = in == null ? new byte[0] : readAll(in);
            return new String[] {String.valueOf(status), new String(content, StandardCharsets.UTF_8)};
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

    private static byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            out.write(buffer, 0, n);
        }
        return out.toByteArray();
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 5) {
            System.err.println("用法：MulianSign 网关地址 AppKey 密钥 方法 路径与参数 [请求体] [密钥版本]");
            System.exit(2);
        }
        byte[] body = (args.length > 5 ? args[5] : "").getBytes(StandardCharsets.UTF_8);
        String[] answer = call(args[0], args[1], args.length > 6 ? args[6] : "1", args[2], args[3], args[4], body);
        System.out.write((answer[0] + "\n" + answer[1] + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
        System.exit(Integer.parseInt(answer[0]) < 400 ? 0 : 1);
    }
}
