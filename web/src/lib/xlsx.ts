/**
 * A workbook of one sheet of texts, written in the browser: what a list shows is what its export holds.
 * Cells are inline strings, so nothing in them can be taken for a formula; the zip is stored, not deflated.
 */

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function header(signature: number, name: Uint8Array, data: Uint8Array, central: number | null): Uint8Array {
  const view = new DataView(new ArrayBuffer(central === null ? 30 : 46));
  view.setUint32(0, signature, true);
  let at = 4;
  const short = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const long = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  if (central !== null) short(20);
  [20, 0x0800, 0, 0, 0x21].forEach(short);
  [crc32(data), data.length, data.length].forEach(long);
  [name.length, 0].forEach(short);
  if (central !== null) {
    [0, 0, 0].forEach(short);
    [0, central].forEach(long);
  }
  return new Uint8Array(view.buffer);
}

/** A stored zip archive of named texts. */
export function zip(files: [string, string][]): Blob {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [path, text] of files) {
    const name = encoder.encode(path);
    const data = encoder.encode(text);
    const local = header(0x04034b50, name, data, null);
    parts.push(local, name, data);
    directory.push(header(0x02014b50, name, data, offset), name);
    offset += local.length + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, new Uint8Array(end.buffer)] as BlobPart[], {
    type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  });
}

// XML 1.0 has no place for other control characters, nor for half of a surrogate pair
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const LIMIT = 32_767;

function escape(text: string): string {
  return text.slice(0, LIMIT).replace(FORBIDDEN, "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

export function columnName(index: number): string {
  let name = "";
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml";

function sheetXml(head: string[], rows: string[][], widths: number[]): string {
  const line = (cells: string[], number: number, style: string): string =>
    `<row r="${number}">${cells
      .map((text, at) => (text === "" ? "" : `<c r="${columnName(at)}${number}" t="inlineStr"${style}><is><t xml:space="preserve">${escape(text)}</t></is></c>`))
      .join("")}</row>`;
  const columns = widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`).join("");
  return (
    `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">` +
    `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
    `<cols>${columns}</cols><sheetData>${line(head, 1, ' s="1"')}` +
    `${rows.map((row, at) => line(row, at + 2, "")).join("")}</sheetData>` +
    `<autoFilter ref="A1:${columnName(Math.max(0, head.length - 1))}${rows.length + 1}"/></worksheet>`
  );
}

const STYLES =
  `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="宋体"/></font>` +
  `<font><b/><sz val="11"/><name val="宋体"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>` +
  `<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>` +
  `<cellXfs count="2"><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyFont="1" applyNumberFormat="1"/></cellXfs></styleSheet>`;

/** `name` is the sheet's; sheet names take 31 characters and none of : \ / ? * [ ]. */
export function workbook(name: string, head: string[], rows: string[][]): Blob {
  const sheet = escape(name.replace(/[:\\/?*[\]]/g, " ").slice(0, 31)).replace(/"/g, "&quot;") || "Sheet1";
  const widths = head.map((title, at) => {
    const longest = Math.max(title.length * 2, ...rows.slice(0, 200).map((row) => (row[at] ?? "").length));
    return Math.min(60, Math.max(8, longest + 2));
  });
  return zip([
    ["[Content_Types].xml", `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${KIND}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${KIND}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${KIND}.styles+xml"/></Types>`],
    ["_rels/.rels", `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ["xl/workbook.xml", `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="${sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`],
    ["xl/styles.xml", STYLES],
    ["xl/worksheets/sheet1.xml", sheetXml(head, rows, widths)],
  ]);
}
