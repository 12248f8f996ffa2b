/**
 * The text of a file whatever the spreadsheet program that wrote it: UTF-8, UTF-16 with its mark, or GB18030, which
 * Chinese Excel takes for csv. Throws a TypeError where the bytes are none of these.
 */
export function readText(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "";
  if (marked) return new TextDecoder(marked, { fatal: true }).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030", { fatal: true }).decode(bytes);
  }
}
