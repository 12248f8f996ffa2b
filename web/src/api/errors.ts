/** The server's problem documents (RFC 9457) as one error class that every page can show. */

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  code: string;
  fix?: string;
  trace?: string;
  params?: Record<string, unknown>;
  fields?: { field: string; rule?: string; message: string }[];
}

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = "ApiError";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** What a body that is not a problem document says: a proxy's page, an empty answer. */
export function toProblem(status: number, body: unknown, trace: string | null): Problem {
  if (body !== null && typeof body === "object" && "code" in body) {
    const given = body as Partial<Problem>;
    return { ...given, status, code: String(given.code), trace: given.trace ?? trace ?? undefined };
  }
  return { status, code: `console.http.${status}`, trace: trace ?? undefined };
}

export function networkProblem(): Problem {
  return { status: 0, code: "console.network" };
}

/** Field errors of a 422, keyed by the last part of the field's path, for display under the field. */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (!(error instanceof ApiError)) return found;
  for (const item of error.problem.fields ?? []) {
    const field = String(item.field ?? "").split(".").pop() ?? "";
    if (field && !(field in found)) found[field] = String(item.message ?? "");
  }
  return found;
}

/** The key of the console's own words for an error that carries no text of its own. */
export function fallbackKey(problem: Problem): string {
  if (problem.status === 0) return "error.network";
  const known = [401, 403, 404, 409, 412, 413, 422, 429, 503];
  if (known.includes(problem.status)) return `error.s${problem.status}`;
  return problem.status >= 500 ? "error.s500" : "error.other";
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}
