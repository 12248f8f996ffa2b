"""A small device with the interface of GM/T 0018, compiled for the tests: real SM4, one KEK, a password."""

import shutil
import subprocess
from pathlib import Path

from gmssl import sm4

_SOURCE = r"""
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
static const uint8_t S[256] = {@S@};
static const uint32_t CK[32] = {@CK@}, FK[4] = {@FK@};
static const uint8_t KEK[16] = "device kek no. 1";
typedef struct { uint8_t key[16]; } Key;
typedef struct { int allowed; } Session;
static uint32_t rotl(uint32_t v, int n) { return v << n | v >> (32 - n); }
static uint32_t sub(uint32_t v) {
  return (uint32_t)S[v >> 24] << 24 | (uint32_t)S[v >> 16 & 255] << 16 | (uint32_t)S[v >> 8 & 255] << 8 | S[v & 255];
}
static uint32_t get(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static void put(uint8_t *p, uint32_t v) { p[0] = v >> 24; p[1] = v >> 16; p[2] = v >> 8; p[3] = v; }
static void block(const uint8_t *key, int decrypt, const uint8_t *in, uint8_t *out) {
  uint32_t k[36], x[36], t; int i;
  for (i = 0; i < 4; i++) { k[i] = get(key + 4 * i) ^ FK[i]; x[i] = get(in + 4 * i); }
  for (i = 0; i < 32; i++) { t = sub(k[i+1] ^ k[i+2] ^ k[i+3] ^ CK[i]); k[i+4] = k[i] ^ t ^ rotl(t, 13) ^ rotl(t, 23); }
  for (i = 0; i < 32; i++) {
    t = sub(x[i+1] ^ x[i+2] ^ x[i+3] ^ k[decrypt ? 35 - i : i + 4]);
    x[i+4] = x[i] ^ t ^ rotl(t, 2) ^ rotl(t, 10) ^ rotl(t, 18) ^ rotl(t, 24);
  }
  for (i = 0; i < 4; i++) put(out + 4 * i, x[35 - i]);
}
static unsigned refused = 0;
void refuse(unsigned code) { refused = code; }
unsigned SDF_OpenDevice(void **device) { *device = malloc(1); return 0; }
unsigned SDF_OpenSession(void *device, void **session) {
  *session = calloc(1, sizeof(Session)); return !device;
}
unsigned SDF_CloseSession(void *session) { free(session); return refused; }
unsigned SDF_GetKEKAccessRight(void *session, unsigned index, char *password, unsigned length) {
  if (refused) return refused;
  if (index != 1 || length != 8 || memcmp(password, "12345678", 8)) return 0x01000011;
  ((Session *)session)->allowed = 1; return 0;
}
unsigned SDF_ImportKeyWithKEK(void *session, unsigned alg, unsigned index, uint8_t *in, unsigned length,
                              void **handle) {
  if (!((Session *)session)->allowed || alg != 0x401 || index != 1 || length != 16) return 0x01000012;
  Key *key = malloc(sizeof(Key)); block(KEK, 1, in, key->key); *handle = key; return 0;
}
unsigned SDF_GenerateKeyWithKEK(void *session, unsigned bits, unsigned alg, unsigned index, uint8_t *out,
                                unsigned *length, void **handle) {
  if (!((Session *)session)->allowed || bits != 128 || alg != 0x401 || index != 1) return 0x01000012;
  Key *key = malloc(sizeof(Key)); if (getentropy(key->key, 16)) return 1; block(KEK, 0, key->key, out);
  *length = 16; *handle = key; return 0;
}
unsigned SDF_DestroyKey(void *session, void *handle) {
  memset(handle, 0, sizeof(Key)); free(handle); return refused | !session;
}
static unsigned cbc(void *handle, int decrypt, unsigned alg, uint8_t *iv, uint8_t *in, unsigned n, uint8_t *out) {
  if (refused) return refused;
  if (alg != 0x402 || n % 16) return 0x01000003;
  for (unsigned at = 0; at < n; at += 16) {
    uint8_t one[16];
    for (int i = 0; i < 16; i++) one[i] = decrypt ? in[at + i] : in[at + i] ^ iv[i];
    block(((Key *)handle)->key, decrypt, one, out + at);
    for (int i = 0; i < 16; i++) { if (decrypt) out[at + i] ^= iv[i]; iv[i] = decrypt ? in[at + i] : out[at + i]; }
  }
  return 0;
}
unsigned SDF_Encrypt(void *s, void *h, unsigned a, uint8_t *iv, uint8_t *in, unsigned n, uint8_t *out, unsigned *m) {
  *m = n; return !s ? 1 : cbc(h, 0, a, iv, in, n, out);
}
unsigned SDF_Decrypt(void *s, void *h, unsigned a, uint8_t *iv, uint8_t *in, unsigned n, uint8_t *out, unsigned *m) {
  *m = n; return !s ? 1 : cbc(h, 1, a, iv, in, n, out);
}
"""
PASSWORD = "12345678"


def build(folder: Path) -> Path | None:
    """Compile the device; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source = _SOURCE
    for mark, values in (("@S@", sm4.SM4_BOXES_TABLE), ("@CK@", sm4.SM4_CK), ("@FK@", sm4.SM4_FK)):
        source = source.replace(mark, ",".join(map(hex, values)))
    (folder / "device.c").write_text("#define _DEFAULT_SOURCE\n#include <unistd.h>\n" + source)
    library = folder / "libsdf.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, folder / "device.c"], check=True,
                   capture_output=True)
    return library
