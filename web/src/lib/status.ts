export type Tone = "good" | "busy" | "warn" | "bad" | "idle";

const TONES: Record<Tone, string[]> = {
  good: [
    "published", "approved", "succeeded", "success", "done", "active", "online", "ok", "normal", "anchored",
    "confirmed", "finished", "delivered", "valid", "applied", "healthy", "synced", "completed", "built", "consumed", "used", "final", "made", "live", "open", "ready", "sealed", "matched",
  ],
  busy: [
    "pub_review", "change_review", "withdraw_review", "running", "pending", "queued", "submitted", "provisioning",
    "checking", "checked", "building", "provider_review", "bureau_review", "created", "uploaded", "recovering", "rotating",
    "sent", "prepared", "proposed", "requested", "started", "applying", "parsing", "in_review", "testing", "canary", "department_review", "giver_review", "receiver_review", "scheduled", "review",
  ],
  warn: [
    "returned", "ending", "expiring", "suspect", "warning", "stale", "locked", "degraded", "suspended", "paused", "pre_active",
    "retiring", "partial", "pub_rejected", "change_rejected", "withdraw_rejected", "frozen", "decrypt_only",
  ],
  bad: ["failed", "halted", "error", "rejected", "lost", "blocked", "abnormal", "invalid", "expired", "lapsed", "revoked", "compromised"],
  idle: [
    "draft", "change_draft", "withdrawn", "offline", "cancelled", "disabled", "destroyed", "unknown", "retired",
    "undone", "closed", "void", "superseded", "none", "stopped", "abolished", "archived", "inactive", "declined",
  ],
};

const BY_WORD = new Map<string, Tone>(
  (Object.entries(TONES) as [Tone, string[]][]).flatMap(([tone, words]) => words.map((word) => [word, tone])),
);

/** The tone of a status token; an unknown token is neutral, never green. */
export function toneOf(value: string | null | undefined): Tone {
  return BY_WORD.get(value ?? "") ?? "idle";
}
