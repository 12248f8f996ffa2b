import { plain } from "@/lib/format";

/** Why a workbook could not be read, as the server worded it; its code where it gave no words. */
export function explainFailure(failure: Record<string, unknown> | null): string {
  if (!failure) return "";
  const words = [failure.detail, failure.fix].filter((one): one is string => typeof one === "string" && one !== "");
  return words.length > 0 ? words.join(" ") : plain(failure.code);
}
