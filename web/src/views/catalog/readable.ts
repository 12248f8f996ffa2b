import { fieldText } from "./fieldText";

type Label = (list: string, token: unknown) => string;

/** A version's content with field names and tokens as people know them; children become one line each. */
export function readable(
  content: Record<string, unknown>, label: Label, t: (key: string) => string,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    if (Array.isArray(value) && value.some((one) => one !== null && typeof one === "object")) {
      for (const child of value as Record<string, unknown>[]) Object.assign(shown, childLine(key, child, label, t));
      continue;
    }
    const name = t(`catalog.field.${key}`);
    shown[name.startsWith("catalog.field.") ? key : name] = fieldText(key, value, label, t);
  }
  return shown;
}

function childLine(
  key: string, child: Record<string, unknown>, label: Label, t: (key: string) => string,
): Record<string, string> {
  const skip = new Set(["number", "code", "name"]);
  const words = Object.entries(child)
    .filter(([name, value]) => !skip.has(name) && value !== null && value !== "" && value !== false)
    .map(([name, value]) => `${t(`catalog.field.${name}`)}: ${fieldText(name, value, label, t)}`);
  return { [`${key} ${String(child.number ?? "")} ${String(child.name ?? "")}`]: words.join("；") || "✓" };
}
